"""Devices that people reported lost or damaged: the claim stands until the report is settled."""

from collections.abc import Iterable

from django.utils.translation import gettext_noop

from telemetry.models import DeviceLoss, SignalRule
from telemetry.models.device_loss import LossKind
from telemetry.services.signal import Claim

_TITLES = {
    LossKind.LOST: gettext_noop("%(device)s was reported lost or stolen"),
    LossKind.DAMAGED: gettext_noop("%(device)s was reported damaged"),
}


def reported_claims() -> list[Claim]:
    """One claim for each report that is open; people said so, whatever the rule is tuned to."""
    return [claim_of_loss(loss) for loss in open_losses()]


def open_losses() -> Iterable[DeviceLoss]:
    """The open reports with what a claim needs, in one query."""
    return DeviceLoss.objects.open().select_related("device__site").order_by("pk")


def claim_of_loss(loss: DeviceLoss) -> Claim:
    """What a report says, in the words of a rule."""
    device, site = loss.device, loss.device.site
    name = f"{site.code}/{device.name}"
    return Claim(
        rule=SignalRule.DEVICE_MISSING,
        key=f"reported:{name}",
        severity=2 if loss.kind == LossKind.LOST else 3,
        title=_TITLES[LossKind(loss.kind)],
        params={"site": f"{site.code} {site.name}", "device": name},
        sums={
            "noticed_at": loss.noticed_at.isoformat(),
            "reported_at": loss.reported_at.isoformat(),
            "worked_h": round(loss.worked_h, 2),
            "limit_h": loss.limit_h,
        },
        began_at=loss.noticed_at,
        site_id=site.pk,
        region_id=site.region_id,
        device_id=device.pk,
        site_ids=(site.pk,),
    )
