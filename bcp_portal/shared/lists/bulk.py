"""One move told to many rows: each is asked for itself, and a refusal stops only its own row."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bcp_portal.shared.errors import DomainError
from bcp_portal.shared.lists.cells import row_label
from bcp_portal.shared.lists.filters import Ask
from bcp_portal.shared.lists.query import apply_query, read_query
from bcp_portal.shared.lists.spec import BULK_LIMIT, BulkAction, ListSpec

MOST_REFUSALS_SHOWN = 10
# Neither store can be asked about a larger number.
LARGEST_KEY = 2**63 - 1


@dataclass(frozen=True)
class BulkOutcome:
    """What became of a selection."""

    done: int
    refused: list[tuple[str, str]]


def bulk_response(
    request: HttpRequest, spec: ListSpec, rows: QuerySet[Any], *, at: datetime
) -> HttpResponseRedirect:
    """Tell a selection what to do, say what became of it, and go back to the list."""
    ask = Ask(request.user, at)
    back = redirect(_way_back(request))
    action = next((one for one in spec.bulk if one.name == request.POST.get("action")), None)
    if action is None:
        messages.error(request, _("Choose what to do with the selected rows."))
        return back
    if not request.user.has_perm(action.perm):
        raise PermissionDenied
    values = _form_values(request, action)
    if values is None:
        return back
    selected = selected_rows(spec, request.POST, rows, ask)[: BULK_LIMIT + 1]
    chosen = list(selected)
    if not chosen:
        messages.error(request, _("No row was selected."))
    elif len(chosen) > BULK_LIMIT:
        messages.error(
            request,
            _("At most %d rows can be changed at once; narrow the list first.") % BULK_LIMIT,
        )
    else:
        _report(request, action, run_bulk(action, chosen, values, ask))
    return back


def selected_rows(spec: ListSpec, post: QueryDict, rows: QuerySet[Any], ask: Ask) -> QuerySet[Any]:
    """The rows a form names, by key or as all that match its question."""
    if post.get("all") == "1":
        question = QueryDict(post.get("query", "").removeprefix("?"))
        return apply_query(spec, read_query(spec, question, ask), rows, ask)
    return rows.filter(pk__in=_keys(rows, post.getlist("ids"))).order_by("pk")


def run_bulk(
    action: BulkAction, chosen: list[Any], values: dict[str, Any], ask: Ask
) -> BulkOutcome:
    """Call the verb for each row; collect the sentences of those that are refused."""
    done, refused = 0, []
    for row in chosen:
        label = row_label(row)
        try:
            action.run(**{action.row: row}, actor=ask.user, at=ask.at, **values)
        except DomainError as refusal:
            refused.append((label, str(refusal)))
        else:
            done += 1
    return BulkOutcome(done, refused)


def _form_values(request: HttpRequest, action: BulkAction) -> dict[str, Any] | None:
    if action.form is None:
        return {}
    form = action.form(request.POST, prefix=action.name)
    if form.is_valid():
        return dict(form.cleaned_data)
    for name, errors in form.errors.items():
        label = form.fields[name].label or name if name in form.fields else action.label
        messages.error(request, f"{label}: {' '.join(str(error) for error in errors)}")
    return None


def _keys(rows: QuerySet[Any], asked: list[str]) -> list[Any]:
    key, found = rows.model._meta.pk, []
    for one in asked[: BULK_LIMIT + 1]:
        try:
            value = key.to_python(one)
        except ValidationError:
            continue  # a key that cannot be one names no row
        if not isinstance(value, int) or abs(value) <= LARGEST_KEY:
            found.append(value)
    return found


def _report(request: HttpRequest, action: BulkAction, outcome: BulkOutcome) -> None:
    if outcome.done:
        done = ngettext("%(label)s: %(n)d row done.", "%(label)s: %(n)d rows done.", outcome.done)
        messages.success(request, done % {"label": action.label, "n": outcome.done})
    for label, sentence in outcome.refused[:MOST_REFUSALS_SHOWN]:
        messages.warning(request, f"{label}: {sentence}")
    if (more := len(outcome.refused) - MOST_REFUSALS_SHOWN) > 0:
        text = ngettext("%d more row was refused.", "%d more rows were refused.", more)
        messages.warning(request, text % more)


def _way_back(request: HttpRequest) -> str:
    asked = request.POST.get("next", "")
    if asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None):
        return asked
    return "/"
