"""Read models of orders: the board's counts, one order's page, what a site is told to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from bcp_portal.accounts.models import User
from telemetry.models import (
    Approval,
    DesiredState,
    NodeState,
    Order,
    OrderAck,
    OrderAction,
    OrderDelivery,
    OrderSite,
    OrderStatus,
    Rung,
)
from telemetry.models.order import OBEYED, REACHABLE

SHOWN = 100
PANEL = 5


@dataclass(frozen=True)
class DeviceRung:
    """How far one device has come."""

    name: str
    rung: str
    label: str
    heard_at: datetime | None
    detail: str
    is_reachable: bool


@dataclass(frozen=True)
class TargetLine:
    """One site of an order, and how far it has come with what is wanted there now."""

    code: str
    name: str
    node_state: str
    node_state_label: str
    epoch: int | None
    published_at: datetime | None
    standing: str
    ended_at: datetime | None
    devices: list[DeviceRung]


@dataclass(frozen=True)
class AckLine:
    """One word of a device."""

    site: str
    device: str
    rung: str
    label: str
    said_at: datetime
    received_at: datetime
    channel: str
    detail: str


@dataclass(frozen=True)
class OrderPage:
    """What the page of an order shows."""

    order: Order
    approval: Approval | None
    lifts: list[Order]
    targets: list[TargetLine]
    acks: list[AckLine]
    unapplied: int
    red: int
    is_own: bool


def for_board(orders: "QuerySet[Order]") -> "QuerySet[Any]":
    """Orders with the number of their sites that do not obey, and of those that could."""
    return orders.annotate(
        behind_count=_count(DesiredState.objects.unapplied()),
        red_count=_count(DesiredState.objects.contradicted()),
    )


def _count(states: "QuerySet[DesiredState]") -> Coalesce:
    behind = (
        OrderSite.objects.filter(
            Exists(states.filter(site=OuterRef("site"))),
            order=OuterRef("pk"),
            ended_at=None,
            order__status=OrderStatus.IN_FORCE,
        )
        .order_by()
        .values("order")
        .annotate(number=Count("pk"))
        .values("number")
    )
    return Coalesce(Subquery(behind, output_field=IntegerField()), Value(0))


def order_page(order: Order, *, user: User) -> OrderPage:
    """Gather the page of an order; a fixed number of questions, and at most a hundred sites."""
    targets = list(
        order.targets.select_related("site", "site__state").order_by("ended_at", "site__code")[
            :SHOWN
        ]
    )
    states = _states(targets)
    counted = for_board(Order.objects.filter(pk=order.pk)).values("behind_count", "red_count")
    counts = counted.get()
    return OrderPage(
        order=order,
        approval=Approval.objects.filter(about="order", subject_id=order.pk)
        .select_related("requester", "approver")
        .first(),
        lifts=list(order.lifted_by.select_related("requested_by").order_by("number")),
        targets=[_target(target, states.get(target.site_id)) for target in targets],
        acks=_acks(order),
        unapplied=counts["behind_count"],
        red=counts["red_count"],
        is_own=order.requested_by_id == user.pk,
    )


def _states(targets: Sequence[OrderSite]) -> dict[int, DesiredState]:
    rows = DesiredState.objects.current().filter(site__in=[row.site_id for row in targets])
    return {row.site_id: row for row in rows.prefetch_related("deliveries__device__state")}


def _target(target: OrderSite, state: DesiredState | None) -> TargetLine:
    seen = getattr(target.site, "state", None)
    devices = [_device(row) for row in state.deliveries.all()] if state else []
    node_state = NodeState(seen.node_state if seen else NodeState.NEVER)
    return TargetLine(
        code=target.site.code,
        name=target.site.name,
        node_state=node_state,
        node_state_label=str(node_state.label),
        epoch=state.epoch if state else None,
        published_at=state.published_at if state else None,
        standing=_standing(target, devices),
        ended_at=target.ended_at,
        devices=devices,
    )


def _device(row: OrderDelivery) -> DeviceRung:
    state = getattr(row.device, "state", None)
    return DeviceRung(
        name=row.device.name,
        rung=row.rung,
        label=str(Rung(row.rung).label),
        heard_at=row.heard_at,
        detail=row.detail,
        is_reachable=bool(state and state.node_state in REACHABLE),
    )


def _standing(target: OrderSite, devices: Sequence[DeviceRung]) -> str:
    """One of `ended`, `obeyed`, `red` (could and does not), `dark` (on return), `nobody`."""
    if target.ended_at is not None:
        return "ended"
    if not devices:
        return "nobody"
    behind = [device for device in devices if Rung(device.rung) not in OBEYED]
    if not behind:
        return "obeyed"
    return "red" if any(device.is_reachable for device in behind) else "dark"


def _acks(order: Order) -> list[AckLine]:
    # A later order to the same site makes a new state of both: its answers are about this one too.
    during = Q(delivery__desired_state__order=order)
    if order.in_force_at is not None and order.action != OrderAction.LIFT:
        told = Q(
            delivery__desired_state__site__order_targets__order=order,
            delivery__desired_state__published_at__gte=order.in_force_at,
        )
        if order.ended_at is not None:
            told &= Q(delivery__desired_state__published_at__lte=order.ended_at)
        during |= told
    rows = (
        OrderAck.objects.filter(during)
        .distinct()
        .select_related("delivery__device__site")
        .order_by("-received_at", "-pk")[:SHOWN]
    )
    return [
        AckLine(
            site=row.delivery.device.site.code,
            device=row.delivery.device.name,
            rung=row.rung,
            label=str(Rung(row.rung).label),
            said_at=row.said_at,
            received_at=row.received_at,
            channel=row.channel,
            detail=row.detail,
        )
        for row in rows
    ]


@dataclass(frozen=True)
class UnappliedPanel:
    """The panel of the command centre: orders whose sites do not obey yet."""

    orders: list[Order]
    red: int
    dark: int
    alone: int


def unapplied_panel(user: User) -> UnappliedPanel:
    """Orders in force that some site does not obey, the red ones first."""
    rows = for_board(Order.objects.visible_to(user).in_force()).filter(behind_count__gt=0)
    states = DesiredState.objects.visible_to(user)
    red, behind = states.contradicted().count(), states.unapplied().count()
    waiting = Order.objects.visible_to(user).filter(is_overdue=True)
    return UnappliedPanel(
        orders=list(rows.order_by("-red_count", "-requested_at")[:PANEL]),
        red=red,
        dark=behind - red,
        alone=waiting.count(),
    )


def disobeyed(*, longer_than: datetime) -> "QuerySet[DesiredState]":
    """Orders that a reachable site has not applied although it had time: material for a rule.

    `longer_than`: published before this moment.
    """
    rows = DesiredState.objects.contradicted().filter(published_at__lt=longer_than)
    return rows.select_related("site", "order").order_by("pk")


def orders_at(site_id: int) -> "QuerySet[Order]":
    """Orders that hold at a site, or wait to."""
    holding = OrderSite.objects.filter(order=OuterRef("pk"), site=site_id, ended_at=None)
    return (
        Order.objects.open()
        .exclude(action=OrderAction.LIFT)
        .filter(Exists(holding))
        .order_by("number")
    )
