"""Verbs of an acknowledgement: what devices say about their orders, taken in with their batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.live.services import publish
from telemetry.models import DesiredState, Device, OrderAck, OrderDelivery, Rung
from telemetry.services.desired_state import publish_states

# Of two words of the same moment the later rung counts.
_HEIGHT = {rung: height for height, rung in enumerate(Rung)}


@dataclass(frozen=True)
class ToldAck:
    """One word of a device about one desired state."""

    device_id: int
    uid: UUID
    rung: Rung
    said_at: datetime
    channel: str = ""
    detail: str = ""


@verb
def record_acks(*, told: Sequence[ToldAck], at: datetime) -> int:
    """Write down how far devices have come; return how many words concerned their own site.

    A device can only speak for its own site: about another's order its word is kept as a sample
    and changes nothing.
    """
    states = {
        state.uid: state for state in DesiredState.objects.filter(uid__in={ack.uid for ack in told})
    }
    sites = dict(
        Device.objects.filter(pk__in={ack.device_id for ack in told}).values_list("pk", "site_id")
    )
    counted = 0
    for ack in sorted(told, key=lambda ack: ack.said_at):
        state = states.get(ack.uid)
        if state is not None and sites.get(ack.device_id) == state.site_id:
            _climb(state, ack, at=at)
            counted += 1
    if counted:
        publish(topic="orders", kind="ack", at=at, permission="telemetry.view_order")
    return counted


def _climb(state: DesiredState, ack: ToldAck, *, at: datetime) -> None:
    delivery, _new = OrderDelivery.objects.select_for_update().get_or_create(
        desired_state=state, device_id=ack.device_id
    )
    OrderAck.objects.create(
        delivery=delivery,
        rung=ack.rung,
        said_at=ack.said_at,
        received_at=at,
        channel=ack.channel,
        detail=ack.detail,
    )
    # A backlog is sent newest first: an older word that comes later is history.
    known = (delivery.rung_at, _HEIGHT[Rung(delivery.rung)])
    if known[0] is None or (ack.said_at, _HEIGHT[ack.rung]) >= known:
        delivery.rung, delivery.rung_at, delivery.detail = ack.rung, ack.said_at, ack.detail
        delivery.heard_at = at
        delivery.save(update_fields=["rung", "rung_at", "detail", "heard_at"])


@verb
def record_spoken(
    *,
    state: DesiredState,
    device: Device,
    rung: Rung,
    actor: User,
    at: datetime,
    scanned: bool = False,
) -> None:
    """Write down what somebody at a site without a network read back, or let us scan."""
    channel, how = (
        ("qr", _("scanned from a picture")) if scanned else ("code", _("read back by phone"))
    )
    told = ToldAck(device.pk, state.uid, rung, at, channel, how)
    record_acks(told=[told], at=at)
    audit(
        action="order.spoken",
        obj=state,
        actor=actor,
        at=at,
        after={
            "device": str(device),
            "rung": rung,
            "epoch": state.epoch,
            "channel": channel,
        },
    )


@verb
def renew_outrun(*, at: datetime) -> str:
    """Sign anew for sites whose devices remember a higher number than we ever gave there.

    They moved from another site, or this portal was restored from a backup; either way they
    would refuse everything we say.
    """
    outrun = set(
        DesiredState.objects.outrun().values_list("site_id", flat=True).order_by("site_id")[:500]
    )
    renewed = publish_states(site_ids=outrun, order=None, at=at, renew=True) if outrun else 0
    return f"{renewed} renewed"
