"""Devices from a spreadsheet: choose columns, see what would change, take it over or back.

The invitations of new devices are on the answer itself, and never again.
"""

from dataclasses import replace
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

from assets.site_imports import SiteSheet, guessed, read_sites
from bcp_portal.shared.doors import form_door
from bcp_portal.shared.errors import DomainError
from bcp_portal.shared.pages import SignedInRequest, attempt, needs, render_page
from telemetry.device_imports import HEADS, MEANING, drafts_of
from telemetry.invitations import archive_of, invitation_of
from telemetry.models import DeviceImport
from telemetry.services.device_import import (
    PlannedDevice,
    import_devices,
    plan_devices,
    undo_device_import,
)

SALT, SECRETS = "telemetry.device_import", "telemetry.invitations"
# Between preview and import people think, and go for lunch; secrets are saved at once.
GOOD_FOR_S, SECRETS_FOR_S = 4 * 3600, 15 * 60
LAST = 10
LABELS = {
    "site": gettext_lazy("Site"),
    "name": gettext_lazy("Name"),
    "kind": gettext_lazy("Kind"),
    "heartbeat_every_s": gettext_lazy("Reports every"),
}


class DeviceFileForm(forms.Form):
    """The file."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "XLSX or CSV with one device a row: site, name, kind, how often it reports. You choose "
            "which column is what, and nothing is changed before you have seen what would be."
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs("telemetry.enrol_device")
def device_import(request: SignedInRequest) -> HttpResponse:
    """Read a file and show what it would change."""

    def run(facts: dict[str, Any]) -> HttpResponse:
        sheet = read_sites(facts["file"])
        return _preview(request, sheet, facts["file"].name, guessed(sheet.heads, MEANING))

    batches = DeviceImport.objects.visible_to(request.user).select_related("made_by", "undone_by")
    return form_door(
        request,
        DeviceFileForm(request.POST or None, request.FILES or None),
        run=run,
        title=_("Import devices"),
        submit=_("Show what would change"),
        cancel_url=reverse("telemetry:devices"),
        template="telemetry/device_import.html",
        extra={
            "batches": list(batches.order_by("-made_at")[:LAST]),
            "things": _("Devices"),
            "undo": "telemetry:device_import_undo",
            "confirm": _("Put every device of this file back as it was?"),
        },
    )


@require_POST
@needs("telemetry.enrol_device")
def device_import_apply(request: SignedInRequest) -> HttpResponse:
    """Show the preview with other columns, or take over what was previewed."""
    told = _told(request, SALT, GOOD_FOR_S)
    if told is None:
        messages.error(request, _("The preview is too old or damaged. Send the file again."))
        return redirect("telemetry:device_import")
    name, heads, rows = told
    sheet = SiteSheet(heads, [(line, cells) for line, cells in rows])
    asked = [request.POST.get(f"column-{place}", "") for place in range(len(heads))]
    keys = [key if key in HEADS else "" for key in asked]
    if "again" in request.POST:
        return _preview(request, sheet, name, keys)
    try:
        batch, made = import_devices(
            drafts=drafts_of(sheet, keys), file_name=name, actor=request.user, at=timezone.now()
        )
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return _preview(request, sheet, name, keys)
    messages.success(request, _("%(n)d devices taken over.") % {"n": len(batch.changes)})
    if not made:
        return redirect("telemetry:device_import")
    secrets = [invitation_of(device, token) for device, token in made]
    context = {
        "devices": [device for device, _token in made],
        "told": signing.dumps([request.user.pk, secrets], salt=SECRETS, compress=True),
    }
    answer = render_page(request, "telemetry/device_invitations.html", context)
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@needs("telemetry.enrol_device")
def device_invitations(request: SignedInRequest) -> HttpResponse:
    """Give the invitations on the page as one file; the portal itself keeps none of them."""
    told = _told(request, SECRETS, SECRETS_FOR_S)
    if told is None:
        messages.error(
            request,
            _("These invitations are no longer to be had. Take the import back and send it again."),
        )
        return redirect("telemetry:device_import")
    answer = HttpResponse(archive_of(told[0]), content_type="application/zip")
    answer["Content-Disposition"] = 'attachment; filename="invitations.zip"'
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@needs("telemetry.enrol_device")
def device_import_undo(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take an import back."""
    batch = get_object_or_404(DeviceImport.objects.visible_to(request.user), pk=pk)
    attempt(
        request,
        lambda: undo_device_import(batch=batch, actor=request.user, at=timezone.now()),
        _("Every device is as it was before."),
    )
    return redirect("telemetry:device_import")


def _told(request: SignedInRequest, salt: str, good_for_s: int) -> list[Any] | None:
    """What our own page sent back, if it is whole, recent, and was this person's."""
    try:
        owner, *told = signing.loads(request.POST.get("told", ""), salt=salt, max_age=good_for_s)
    except signing.BadSignature:
        return None
    return told if owner == request.user.pk else None


def _preview(
    request: SignedInRequest, sheet: SiteSheet, name: str, keys: list[str]
) -> HttpResponse:
    rows = []
    try:
        rows = plan_devices(drafts_of(sheet, keys), user=request.user)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    states = [row.state for row in rows]
    context = {
        "rows": [_labelled(row) for row in rows],
        "told": signing.dumps(
            [request.user.pk, name, sheet.heads, sheet.rows], salt=SALT, compress=True
        ),
        "columns": list(zip(sheet.heads, keys, strict=True)),
        "fields": list(LABELS.items()),
        "counts": {state: states.count(state) for state in ("new", "changed", "unchanged")},
        "errors": states.count("error"),
        "apply_url": reverse("telemetry:device_import_apply"),
        "start_url": reverse("telemetry:device_import"),
    }
    return render_page(request, "telemetry/device_import_preview.html", context)


def _labelled(row: PlannedDevice) -> PlannedDevice:
    """The same row with its facts called what people call them."""
    return replace(row, facts={str(LABELS[name]): value for name, value in row.facts.items()})
