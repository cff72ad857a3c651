"""Makers of orders and of the devices that answer to them."""

from datetime import datetime, timedelta

from assets.models import Site
from telemetry.models import (
    DesiredState,
    Device,
    Order,
    OrderAction,
    Rung,
    Wave,
    WavePlan,
    WaveSite,
)
from telemetry.services.order import Instruction, approve_order, give_order
from telemetry.services.order_ack import ToldAck, record_acks
from tests.make import NOON, make_device, make_site, make_user

COMMANDER = "incident_commander"


def make_commander(**fields: object):
    """Somebody who may order, approve and break the glass, at every site."""
    return make_user(COMMANDER, **fields)


def make_heard_site(**fields: object) -> tuple[Site, Device]:
    """A site whose one device is online."""
    site = make_site(**fields)
    return site, make_device(site=site, heard_at=NOON)


def give(
    *sites: Site,
    action: OrderAction = OrderAction.FREEZE,
    actor=None,
    at: datetime = NOON,
    break_glass: bool = False,
    **fields: object,
) -> Order:
    """An order by somebody who has just signed in."""
    instruction = Instruction(action=action, reason="Wrong prices come from here", **fields)
    return give_order(
        instruction=instruction,
        sites=list(sites),
        actor=actor or make_commander(),
        at=at,
        signed_in_at=at,
        break_glass=break_glass,
    )


def approve(order: Order, *, actor=None, at: datetime = NOON + timedelta(minutes=1)) -> Order:
    """Somebody else, who has just signed in, says yes to what is shown."""
    return approve_order(
        order=order, digest=order.digest, actor=actor or make_commander(), at=at, signed_in_at=at
    )


def lift(order: Order, *sites: Site, at: datetime = NOON, actor=None) -> Order:
    """A request to lift an order, not yet approved."""
    return give(*sites, action=OrderAction.LIFT, lifts=order, at=at, actor=actor)


def current(site: Site) -> DesiredState:
    """The newest desired state of a site."""
    return DesiredState.objects.current().get(site=site)


def answer(device: Device, rung: Rung, *, at: datetime = NOON, detail: str = "") -> int:
    """What a device says about the newest order of its site."""
    told = ToldAck(device.pk, current(device.site).uid, rung, at, "poll", detail)
    return record_acks(told=[told], at=at)


def make_wave_plan(*sites: Site, actor=None, **fields: object) -> WavePlan:
    """A plan as it was drawn up, each site a wave of its own."""
    number = WavePlan.objects.count() + 1
    told = {"reason": "After the outage", "capacity": 10_000, "created_at": NOON}
    plan = WavePlan.objects.create(
        number=number,
        code=f"WAVE-{number}",
        requested_by=actor or make_commander(),
        **(told | fields),
    )
    for position, site in enumerate(sites, start=1):
        wave = Wave.objects.create(plan=plan, position=position)
        WaveSite.objects.create(wave=wave, site=site, planned_records=10, planned_bytes=1000)
    return plan
