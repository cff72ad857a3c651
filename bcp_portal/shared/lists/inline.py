"""One field of one row, changed where it stands."""

import copy
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme

from bcp_portal.shared.errors import DomainError
from bcp_portal.shared.lists.cells import cell_html, row_label
from bcp_portal.shared.lists.columns import Column, Inline
from bcp_portal.shared.lists.spec import ListSpec


def inline_response(
    request: HttpRequest,
    spec: ListSpec,
    rows: QuerySet[Any],
    *,
    pk: object,
    column: str,
    at: datetime,
) -> HttpResponse:
    """Show the field, or save it and show the cell; what was typed survives a refusal."""
    found, row = _editable(request, spec, rows, pk, column)
    inline = found.edit
    assert inline is not None  # _editable has refused the others
    as_cell = request.GET.get("part") == "cell"
    if as_cell and request.GET.get("cancel"):
        return HttpResponse(cell_html(spec, found, row, request.user, at))
    if request.method != "POST":
        form = _form(inline, initial={inline.argument: found.of(row)})
        return _ask(request, spec, found, row, form, as_cell=as_cell)
    form = _form(inline, values=request.POST)
    if form.is_valid() and _save(inline, row, form, request.user, at):
        if not as_cell:
            return redirect(_way_back(request))
        fresh = rows.get(pk=row.pk)
        return HttpResponse(cell_html(spec, found, fresh, request.user, at))
    return _ask(request, spec, found, row, form, as_cell=as_cell)


def _editable(
    request: HttpRequest, spec: ListSpec, rows: QuerySet[Any], pk: object, name: str
) -> tuple[Column, Any]:
    column = spec.column(name)
    if column is None or column.edit is None or column not in spec.columns_for(request.user):
        raise Http404
    if not request.user.has_perm(column.edit.perm):
        raise PermissionDenied
    try:
        row = rows.filter(pk=pk).first()
    except (ValueError, ValidationError):
        row = None
    if row is None:
        raise Http404
    return column, row


def _form(inline: Inline, **given: Any) -> forms.Form:
    form = forms.Form(given.get("values"), initial=given.get("initial"))
    # A copy: a field that is bound to one person's form must not be another's.
    field = copy.deepcopy(inline.field)
    is_choice = isinstance(field.widget, forms.Select)
    field.widget.attrs.setdefault("class", "form-select" if is_choice else "form-control")
    form.fields[inline.argument] = field
    return form


def _save(inline: Inline, row: Any, form: forms.Form, user: Any, at: datetime) -> bool:
    value = form.cleaned_data[inline.argument]
    try:
        inline.save(**{inline.row: row, inline.argument: value}, actor=user, at=at)
    except DomainError as refusal:
        form.add_error(inline.argument, str(refusal))
        return False
    return True


def _ask(
    request: HttpRequest,
    spec: ListSpec,
    column: Column,
    row: Any,
    form: forms.Form,
    *,
    as_cell: bool,
) -> HttpResponse:
    inline = column.edit
    assert inline is not None
    context = {
        "form": form,
        "field": form[inline.argument],
        "column": column,
        "list_title": spec.title,
        "label": row_label(row),
        "next": _way_back(request),
    }
    name = "components/list_edit_cell.html" if as_cell else "components/list_edit_page.html"
    return render(request, name, context)


def _way_back(request: HttpRequest) -> str:
    asked = request.POST.get("next") or request.META.get("HTTP_REFERER", "")
    if url_has_allowed_host_and_scheme(asked, allowed_hosts={request.get_host()}):
        return str(asked)
    return "/"
