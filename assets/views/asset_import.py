"""Assets from a file: a preview of what would change, then all of it or nothing."""

import io
from typing import Any

from django import forms
from django.contrib import messages
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assets.custom import fields_of, headings_of
from assets.exports import HEADINGS, asset_rows
from assets.imports import from_plain, plain, read_assets
from assets.models import Asset, Dependency
from assets.services.asset_import import import_assets, plan_import
from assets.views.asset import FORM
from assets.views.doors import form_door
from bcp_portal.shared.errors import DomainError
from bcp_portal.shared.lists.sheet_writer import CSV_TYPE, XLSX_TYPE, write_csv, write_xlsx
from bcp_portal.shared.pages import SignedInRequest, needs, render_page

SALT = "assets.import"
# Between preview and import people think, and go for lunch.
GOOD_FOR_S = 4 * 3600


class AssetFileForm(forms.Form):
    """The file."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "XLSX or CSV with a column “Code”, or a docker compose file (.yml): its services "
            "become assets and depends_on becomes arrows. Nothing is changed before you have seen "
            "what would be."
        ),
    )


@require_http_methods(FORM)
@needs("assets.run_asset")
def asset_import(request: SignedInRequest) -> HttpResponse:
    """Read a file and show what it would change."""

    def run(facts: dict[str, Any]) -> HttpResponse:
        drafts = read_assets(facts["file"].name, facts["file"], headings_of("asset"))
        rows = plan_import(drafts, user=request.user)
        told = signing.dumps([request.user.pk, plain(drafts)], salt=SALT, compress=True)
        states = [row.state for row in rows]
        context = {
            "rows": rows,
            "told": told,
            "counts": {state: states.count(state) for state in ("new", "changed", "unchanged")},
            "errors": states.count("error"),
        }
        return render_page(request, "assets/import_preview.html", context)

    return form_door(
        request,
        AssetFileForm(request.POST or None, request.FILES or None),
        run=run,
        title=_("Import assets"),
        submit=_("Show what would change"),
        cancel_url=reverse("assets:list"),
    )


@require_safe
@needs("assets.view_asset")
def asset_export(request: SignedInRequest) -> HttpResponse:
    """Assets as a file that can be edited and imported again; `?empty=1`: a template."""
    seen = Asset.objects.visible_to(request.user).in_use()
    rows = seen.none() if request.GET.get("empty") else seen
    arrows = Dependency.objects.filter(asset__in=rows, depends_on__in=seen)
    fields = fields_of("asset")
    lines = asset_rows(
        rows.for_list().select_related("third_party").order_by("code"),
        arrows.select_related("depends_on").order_by("pk"),
        fields,
    )
    heads = [*HEADINGS, *(field.name for field in fields)]
    file = io.BytesIO()
    as_csv = request.GET.get("as") == "csv"
    if as_csv:
        write_csv(file, heads, lines)
    else:
        write_xlsx(file, heads, lines, title="Assets")
    response = HttpResponse(file.getvalue(), content_type=CSV_TYPE if as_csv else XLSX_TYPE)
    name = f"assets-{timezone.localdate().isoformat()}.{'csv' if as_csv else 'xlsx'}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_POST
@needs("assets.run_asset")
def asset_import_apply(request: SignedInRequest) -> HttpResponse:
    """Take over what was previewed."""
    try:
        owner, rows = signing.loads(request.POST.get("told", ""), salt=SALT, max_age=GOOD_FOR_S)
        if owner != request.user.pk:
            raise signing.BadSignature
    except signing.BadSignature:
        messages.error(request, _("The preview is too old or damaged. Send the file again."))
        return redirect("assets:import")
    try:
        added, changed, linked = import_assets(
            drafts=from_plain(rows), actor=request.user, at=timezone.now()
        )
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return redirect("assets:import")
    messages.success(
        request,
        _("%(added)d added, %(changed)d changed, %(linked)d needs linked.")
        % {"added": added, "changed": changed, "linked": linked},
    )
    return redirect("assets:list")
