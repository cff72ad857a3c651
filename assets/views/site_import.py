"""Sites from a spreadsheet: choose columns, see what would change, take it over or back."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from assets.models import Site, SiteImport
from assets.services.site_import import import_sites, plan_sites, undo_site_import
from assets.site_imports import HEADS, SiteSheet, drafts_of, guessed, read_sites
from assets.views.asset import FORM
from assets.views.doors import form_door
from bcp_portal.shared.errors import DomainError
from bcp_portal.shared.pages import SignedInRequest, attempt, needs, render_page

SALT = "assets.site_import"
# Between preview and import people think, and go for lunch.
GOOD_FOR_S = 4 * 3600
LAST = 10


class SiteFileForm(forms.Form):
    """The file."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "XLSX or CSV with one site a row. You choose which column is what, and nothing is "
            "changed before you have seen what would be."
        ),
    )


@require_http_methods(FORM)
@needs("assets.run_site")
def site_import(request: SignedInRequest) -> HttpResponse:
    """Read a file and show what it would change."""

    def run(facts: dict[str, Any]) -> HttpResponse:
        file = facts["file"]
        sheet = read_sites(file)
        return _preview(request, sheet, file.name, guessed(sheet.heads))

    batches = SiteImport.objects.visible_to(request.user).select_related("made_by", "undone_by")
    return form_door(
        request,
        SiteFileForm(request.POST or None, request.FILES or None),
        run=run,
        title=_("Import sites"),
        submit=_("Show what would change"),
        cancel_url=reverse("assets:sites"),
        template="assets/site_import.html",
        extra={
            "batches": list(batches.order_by("-made_at")[:LAST]),
            "things": _("Sites"),
            "undo": "assets:site_import_undo",
            "confirm": _("Put every site of this file back as it was?"),
        },
    )


@require_POST
@needs("assets.run_site")
def site_import_apply(request: SignedInRequest) -> HttpResponse:
    """Show the preview with other columns, or take over what was previewed."""
    try:
        owner, name, heads, rows = signing.loads(
            request.POST.get("told", ""), salt=SALT, max_age=GOOD_FOR_S
        )
        if owner != request.user.pk:
            raise signing.BadSignature
    except signing.BadSignature:
        messages.error(request, _("The preview is too old or damaged. Send the file again."))
        return redirect("assets:site_import")
    sheet = SiteSheet(heads, [(line, cells) for line, cells in rows])
    asked = [request.POST.get(f"column-{place}", "") for place in range(len(heads))]
    keys = [key if key in HEADS else "" for key in asked]
    if "again" in request.POST:
        return _preview(request, sheet, name, keys)
    try:
        batch = import_sites(
            drafts=drafts_of(sheet, keys), file_name=name, actor=request.user, at=timezone.now()
        )
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return _preview(request, sheet, name, keys)
    messages.success(request, _("%(n)d sites taken over.") % {"n": len(batch.changes)})
    return redirect("assets:site_import")


@require_POST
@needs("assets.run_site")
def site_import_undo(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take an import back."""
    batch = get_object_or_404(SiteImport.objects.visible_to(request.user), pk=pk)
    attempt(
        request,
        lambda: undo_site_import(batch=batch, actor=request.user, at=timezone.now()),
        _("Every site is as it was before."),
    )
    return redirect("assets:site_import")


def _preview(
    request: SignedInRequest, sheet: SiteSheet, name: str, keys: list[str]
) -> HttpResponse:
    rows = []
    try:
        rows = plan_sites(drafts_of(sheet, keys), user=request.user)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    states = [row.state for row in rows]
    context = {
        "rows": rows,
        "told": signing.dumps(
            [request.user.pk, name, sheet.heads, sheet.rows], salt=SALT, compress=True
        ),
        "columns": list(zip(sheet.heads, keys, strict=True)),
        "fields": [(key, _label(key)) for key in HEADS],
        "counts": {state: states.count(state) for state in ("new", "changed", "unchanged")},
        "errors": states.count("error"),
        "apply_url": reverse("assets:site_import_apply"),
        "start_url": reverse("assets:site_import"),
    }
    return render_page(request, "assets/site_import_preview.html", context)


def _label(key: str) -> str:
    label = str(getattr(Site._meta.get_field(key), "verbose_name", key))
    return label[:1].upper() + label[1:]
