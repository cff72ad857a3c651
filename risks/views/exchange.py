"""The register out of the house as a file, and back in: map, try, import, undo."""

import io
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bcp_portal.shared.errors import DomainError
from bcp_portal.shared.lists.sheet_writer import CSV_TYPE, XLSX_TYPE, write_csv, write_xlsx
from bcp_portal.shared.pages import SignedInRequest, attempt, needs, render_page
from risks.forms import ImportForm
from risks.imports.columns import HEADINGS
from risks.imports.report import LINKS, ImportReport
from risks.imports.writing import sheet_rows
from risks.models import ImportBatch, ImportStatus, Risk
from risks.selectors.sheet_columns import custom_columns, custom_fields, register_columns
from risks.services.import_batch import (
    AT_ONCE,
    map_columns,
    read_file,
    run_batch,
    start_batch,
    undo_batch,
)
from risks.views.risk import FORM

RECENT = 10


@require_safe
@needs("risks.view_risk")
def export(request: SignedInRequest) -> HttpResponse:
    """The register as a file that can be edited and imported again; `?empty=1`: a template."""
    risks = Risk.objects.visible_to(request.user).in_force().for_list()
    if request.GET.get("empty"):
        risks = risks.none()
    fields = custom_fields()
    heads = [*HEADINGS, *(column.heading for column in custom_columns(fields))]
    rows = sheet_rows(risks.prefetch_related(*LINKS).order_by("code"), fields)
    file = io.BytesIO()
    as_csv = request.GET.get("as") == "csv"
    if as_csv:
        write_csv(file, heads, rows)
    else:
        write_xlsx(file, heads, rows, title="Register")
    ending = "csv" if as_csv else "xlsx"
    name = f"register-{timezone.localdate().isoformat()}.{ending}"
    return _file(file.getvalue(), name, CSV_TYPE if as_csv else XLSX_TYPE)


def _file(content: bytes, name: str, content_type: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_http_methods(FORM)
@needs("risks.import_register")
def import_page(request: SignedInRequest) -> HttpResponse:
    """Take a file in and try it at once; the register changes only on the next page."""
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        upload: Any = form.cleaned_data["file"]
        at = timezone.now()
        try:
            batch = read_file(
                file_name=upload.name, content=upload.read(), actor=request.user, at=at
            )
        except DomainError as refusal:
            form.add_error("file", str(refusal))
        else:
            if "title" in batch.meaning or "code" in batch.meaning:
                _start(batch, request, dry_run=True)
            return redirect("risks:import_batch", uid=batch.uid)
    status = 422 if request.method == "POST" and form.errors else 200
    recent = ImportBatch.objects.visible_to(request.user).defer("table", "undo", "report")
    context = {"form": form, "submit": _("Read"), "recent": recent.order_by("-pk")[:RECENT]}
    return render_page(request, "risks/import.html", context, status=status)


def _start(batch: ImportBatch, request: SignedInRequest, *, dry_run: bool) -> None:
    at = timezone.now()
    batch = start_batch(batch=batch, dry_run=dry_run, actor=request.user, at=at)
    if len(batch.table) <= AT_ONCE:
        run_batch(subject_id=batch.pk, at=at, again=False)


def _find(request: SignedInRequest, uid: str) -> ImportBatch:
    return get_object_or_404(ImportBatch.objects.visible_to(request.user), uid=uid)


@require_safe
@needs("risks.import_register")
def import_batch(request: SignedInRequest, uid: str) -> HttpResponse:
    """One file: what its columns mean, what it would change, what it changed."""
    batch = _find(request, uid)
    samples = [cells for _line, cells in batch.table[:3]]
    columns = [
        {
            "index": index,
            "heading": heading,
            "key": batch.meaning[index],
            "samples": [cells[index] for cells in samples if index < len(cells) and cells[index]],
        }
        for index, heading in enumerate(batch.headings)
    ]
    context = {
        "batch": batch,
        "total": len(batch.table),
        "columns": columns,
        "meanings": [(column.key, column.heading) for column in register_columns()],
        "report": ImportReport.from_facts(batch.report, dry_run=True) if batch.report else None,
        "is_running": batch.status in (ImportStatus.TRYING, ImportStatus.IMPORTING),
        "may_import": batch.status == ImportStatus.TRIED,
        "may_map": batch.status in (ImportStatus.READ, ImportStatus.TRIED),
        "may_undo": batch.status == ImportStatus.DONE and bool(batch.undo),
    }
    return render_page(request, "risks/import_batch.html", context)


@require_POST
@needs("risks.import_register")
def import_map(request: SignedInRequest, uid: str) -> HttpResponse:
    """Say what the columns mean, and try the file again."""
    batch = _find(request, uid)
    meaning = [request.POST.get(f"column-{index}", "") for index in range(len(batch.headings))]

    def run() -> None:
        mapped = map_columns(batch=batch, meaning=meaning, actor=request.user, at=timezone.now())
        _start(mapped, request, dry_run=True)

    attempt(request, run)
    return redirect("risks:import_batch", uid=uid)


@require_POST
@needs("risks.import_register")
def import_run(request: SignedInRequest, uid: str) -> HttpResponse:
    """Bring the register to what the file says."""
    batch = _find(request, uid)
    attempt(request, lambda: _start(batch, request, dry_run=False))
    return redirect("risks:import_batch", uid=uid)


@require_POST
@needs("risks.import_register")
def import_undo(request: SignedInRequest, uid: str) -> HttpResponse:
    """Take an import back."""
    batch = _find(request, uid)
    left: list[str] = []
    attempt(
        request,
        lambda: left.extend(undo_batch(batch=batch, actor=request.user, at=timezone.now())),
        _("The import has been taken back."),
    )
    if left:
        text = ngettext(
            "%(n)d field was changed since and stays: %(names)s",
            "%(n)d fields were changed since and stay: %(names)s",
            len(left),
        )
        messages.warning(request, text % {"n": len(left), "names": ", ".join(left[:20])})
    return redirect("risks:import_batch", uid=uid)


@require_safe
@needs("risks.import_register")
def import_errors(request: SignedInRequest, uid: str) -> HttpResponse:
    """The rows that were left out, as they came, each with the reason in front."""
    batch = _find(request, uid)
    cells_of = dict(batch.table)
    heads = [_("Line"), _("Why it was left out"), *batch.headings]
    width = len(batch.headings)
    file = io.BytesIO()
    write_xlsx(
        file,
        heads,
        (
            [one["line"], one["sentence"], *(cells_of.get(one["line"], []) + [""] * width)[:width]]
            for one in batch.report.get("errors", [])
        ),
        title=_("Left out"),
    )
    return _file(file.getvalue(), "left-out.xlsx", XLSX_TYPE)
