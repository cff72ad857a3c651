"""Closing the books of sites that worked under emergency limits."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from bcp_portal.shared import lists
from bcp_portal.shared.doors import form_door
from bcp_portal.shared.pages import SignedInRequest, needs
from telemetry.forms.order import NoteForm
from telemetry.models import Reconciliation
from telemetry.ordering.reconcile import books_of
from telemetry.services.reconciliation import close_reconciliation
from telemetry.views.order_lists import tabs


def _open(rows: Any, yes: bool, _ask: lists.Ask) -> Any:
    return rows.filter(closed_at__isnull=yes)


RECONCILIATIONS = lists.ListSpec(
    name="telemetry.reconciliations",
    title=_("Books to close"),
    columns=(
        lists.code(
            "site.code", _("Site"), url="telemetry:reconcile", args=("pk",), sort="site__code"
        ),
        lists.text("site.name", _("Name"), sort="site__name"),
        lists.code(
            "order.code", _("Order"), url="telemetry:order", args=("order.code",), sort="order"
        ),
        lists.number("site.state.pending_records", _("Not yet synced")),
        lists.when("opened_at", _("Limits lifted"), sort=True),
        lists.when("due_at", _("Due"), sort=True),
        lists.when("closed_at", _("Closed"), sort=True),
        lists.person("closed_by", _("Closed by"), sort="closed_by__first_name"),
        lists.text("note", _("Note")),
    ),
    filters=(lists.yes_no("open", _("Open"), apply=_open),),
    search=("site__code", "site__name", "order__code"),
    default_sort="due_at",
    default_filters={"open": ("yes",)},
    empty_title=_("No books to close"),
    empty_text=_("What a site did under emergency limits is reconciled here afterwards."),
)


@require_safe
@needs("telemetry.view_order")
def reconciliation_list(request: SignedInRequest) -> HttpResponse:
    """Every site that worked under limits, and whether its books are closed."""
    rows = Reconciliation.objects.visible_to(request.user).for_list()
    extra = {"tabs": tabs(request, "telemetry:reconciliations")}
    return lists.list_response(request, RECONCILIATIONS, rows, at=timezone.now(), extra=extra)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("telemetry.approve_order")
def reconcile(request: SignedInRequest, pk: int) -> HttpResponse:
    """The figures of one site, and closing its books."""
    rows = Reconciliation.objects.visible_to(request.user).for_list()
    row = get_object_or_404(rows, pk=pk)
    board = reverse("telemetry:reconciliations")
    books = books_of(row)

    def run(told: dict[str, Any]) -> str:
        close_reconciliation(
            reconciliation=row, note=told["note"], actor=request.user, at=timezone.now()
        )
        return board

    return form_door(
        request,
        NoteForm(request.POST or None),
        run=run,
        title=gettext("Close the books of %(site)s") % {"site": row.site.code},
        submit=gettext("The books agree"),
        cancel_url=board,
        template="telemetry/reconcile.html",
        extra={"row": row, "books": books, "left": list(books.what_is_left())},
    )
