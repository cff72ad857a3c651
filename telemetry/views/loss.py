"""Lost and damaged devices: the report in two taps, what came of it, and the list of all."""

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
from bcp_portal.shared.pages import SignedInRequest, needs, render_page
from telemetry.forms.loss import LossForm, SettleForm
from telemetry.models import Device, DeviceLoss
from telemetry.models.device_loss import LossKind, LossOutcome
from telemetry.selectors_loss import devices_to_choose, loss_page
from telemetry.services.device_loss import LIMIT_H, Cleaning, report_loss, settle_loss


def _in_time(row: DeviceLoss) -> str:
    return gettext("Late") if row.is_late else gettext("Yes")


LOSSES = lists.ListSpec(
    name="telemetry.losses",
    title=_("Lost and damaged devices"),
    lead=_("A loss is reported within two working hours of the site; later is a finding."),
    columns=(
        lists.code(
            "device.name", _("Device"), url="telemetry:loss", args=("pk",), sort="device__name"
        ),
        lists.text("device.site.code", _("Site"), sort="device__site__code"),
        lists.text("kind", _("What happened"), value=lambda row: row.get_kind_display()),
        lists.when("noticed_at", _("Noticed"), sort=True),
        lists.when("reported_at", _("Reported"), sort=True),
        lists.number("worked_h", _("Working hours between"), sort=True, unit="h"),
        lists.text(
            "late",
            _("In time"),
            value=_in_time,
        ),
        lists.text("reported_by.name", _("Reported by")),
        lists.text("outcome", _("How it ended"), value=lambda row: row.get_outcome_display()),
    ),
    filters=(
        lists.choice("kind", _("What happened"), choices=LossKind.choices),
        lists.yes_no(
            "open",
            _("Open"),
            apply=lambda rows, yes, _ask: (
                rows.open() if yes else rows.exclude(outcome=LossOutcome.OPEN)
            ),
        ),
        lists.yes_no(
            "late",
            _("Late"),
            apply=lambda rows, yes, _ask: (
                rows.filter(worked_h__gt=LIMIT_H) if yes else rows.filter(worked_h__lte=LIMIT_H)
            ),
        ),
    ),
    search=("device__name", "device__site__code", "device__site__name"),
    default_sort="-reported_at",
    empty_title=_("No device has been reported lost or damaged"),
)


@require_safe
@needs("telemetry.view_device")
def loss_list(request: SignedInRequest) -> HttpResponse:
    """All reports, the newest first."""
    rows = DeviceLoss.objects.visible_to(request.user).for_list()
    buttons = [
        {"url": reverse("telemetry:report_lost"), "label": _("Report a device"), "primary": True}
    ]
    at = timezone.now()
    return lists.list_response(request, LOSSES, rows, at=at, extra={"title_buttons": buttons})


@require_http_methods(["GET", "HEAD", "POST"])
@needs("*")
def report_lost(request: SignedInRequest) -> HttpResponse:
    """First tap: which device of one's own sites. Second tap: report it."""
    mine = Device.objects.visible_to(request.user).in_service().for_list()
    chosen = request.GET.get("device", "")
    if not chosen:
        words = request.GET.get("q", "").strip()
        page = devices_to_choose(mine, words=words, site=request.GET.get("site", ""))
        return render_page(request, "telemetry/loss_choose.html", {"page": page})
    device = get_object_or_404(mine, pk=int(chosen) if chosen.isdecimal() else 0)
    at = timezone.now()

    def run(facts: dict[str, Any]) -> str:
        noticed_at = facts.pop("noticed_at") or at
        loss = report_loss(device=device, noticed_at=noticed_at, **facts, actor=request.user, at=at)
        return reverse("telemetry:loss", args=[loss.pk])

    return form_door(
        request,
        LossForm(request.POST or None),
        run=run,
        title=gettext("Report %(device)s") % {"device": device},
        submit=_("Report and withdraw access"),
        cancel_url=reverse("telemetry:report_lost"),
    )


@require_safe
@needs("*")
def loss_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """One report: its clock with the sums, who was told, how it ended."""
    rows = DeviceLoss.objects.visible_to(request.user).for_list()
    page = loss_page(get_object_or_404(rows, pk=pk))
    return render_page(request, "telemetry/loss.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@needs("telemetry.enrol_device")
def loss_settle(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say how a report ended; a health device goes to repair only with its record."""
    loss = get_object_or_404(DeviceLoss.objects.visible_to(request.user).for_list(), pk=pk)
    address = reverse("telemetry:loss", args=[loss.pk])

    def run(facts: dict[str, Any]) -> str:
        settle_loss(
            loss=loss,
            outcome=LossOutcome(facts["outcome"]),
            note=facts["note"],
            cleaning=Cleaning(facts["cleaned_by"], facts["cleaned_at"], facts["cleaned_how"]),
            actor=request.user,
            at=timezone.now(),
        )
        return address

    return form_door(
        request,
        SettleForm(request.POST or None),
        run=run,
        title=gettext("Settle the report of %(device)s") % {"device": loss.device},
        submit=_("Settle"),
        cancel_url=address,
    )
