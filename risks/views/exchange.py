"""The register out of the house as a file, and back in."""

import io
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from bcp_portal.shared.errors import DomainError
from bcp_portal.shared.lists.sheet_writer import CSV_TYPE, XLSX_TYPE, write_csv, write_xlsx
from bcp_portal.shared.pages import SignedInRequest, needs, render_page
from risks.forms import ImportForm
from risks.imports.columns import HEADINGS
from risks.imports.reading import read_sheet
from risks.imports.writing import sheet_rows
from risks.models import Risk
from risks.services.register_import import ImportReport, import_register
from risks.views.risk import FORM


@require_safe
@needs("risks.view_risk")
def export(request: SignedInRequest) -> HttpResponse:
    """The register as a file that can be edited and imported again."""
    risks = Risk.objects.visible_to(request.user).in_force().for_list()
    rows = sheet_rows(risks.prefetch_related("assets").order_by("code"))
    file = io.BytesIO()
    as_csv = request.GET.get("as") == "csv"
    if as_csv:
        write_csv(file, HEADINGS, rows)
    else:
        write_xlsx(file, HEADINGS, rows, title="Register")
    ending = "csv" if as_csv else "xlsx"
    name = f"register-{timezone.localdate().isoformat()}.{ending}"
    response = HttpResponse(file.getvalue(), content_type=CSV_TYPE if as_csv else XLSX_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_http_methods(FORM)
@needs("risks.import_register")
def import_page(request: SignedInRequest) -> HttpResponse:
    """Bring the register to what a file says; first only shown, then done."""
    form = ImportForm(request.POST or None, request.FILES or None)
    report: ImportReport | None = None
    strange: list[str] = []
    if request.method == "POST" and form.is_valid():
        upload: Any = form.cleaned_data["file"]
        try:
            sheet = read_sheet(upload.name, upload.read())
            strange = sheet.strange
            report = import_register(
                rows=sheet.rows,
                actor=request.user,
                at=timezone.now(),
                dry_run=form.cleaned_data["dry_run"],
            )
        except DomainError as refusal:
            form.add_error("file", str(refusal))
    status = 422 if request.method == "POST" and form.errors else 200
    context = {"form": form, "report": report, "strange": strange, "submit": _("Import")}
    return render_page(request, "risks/import.html", context, status=status)
