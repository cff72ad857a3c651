"""What follows from an order: it comes into force, ends, is late; most of it at its deadline."""

from datetime import datetime

from django.utils.translation import gettext_noop

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.models import Deadline
from bcp_portal.engine.services.deadline import cancel_deadlines, set_deadline
from bcp_portal.live.services import publish
from telemetry.models import (
    OnExpiry,
    Order,
    OrderAction,
    OrderSite,
    OrderStatus,
    Signal,
    SignalRule,
)
from telemetry.models.order import LIVE_STATUSES, ORDER_LIFECYCLE
from telemetry.services.desired_state import publish_states
from telemetry.services.reconciliation import open_reconciliations
from telemetry.services.signal import Claim, assert_claim, close_signal

STARTS = "telemetry.order_start"
EXPIRES = "telemetry.order_expiry"
REVIEW_DUE = "telemetry.order_review"


@verb
def enact(*, order: Order, actor: User | None, at: datetime) -> Order:
    """Bring an order into force, or schedule it; the sites learn of it with their next word."""
    if order.action == OrderAction.LIFT:
        return _lift(order, actor=actor, at=at)
    is_later = order.not_before is not None and order.not_before > at
    after = OrderStatus.SCHEDULED if is_later else OrderStatus.IN_FORCE
    ORDER_LIFECYCLE.check(OrderStatus(order.status), after)
    order.status = after
    order.in_force_at = None if is_later else at
    order.save()
    if is_later and order.not_before is not None:
        set_deadline(kind=STARTS, subject_id=order.pk, due_at=order.not_before, at=at)
    if order.expires_at is not None and order.on_expiry == OnExpiry.REVERT:
        set_deadline(kind=EXPIRES, subject_id=order.pk, due_at=order.expires_at, at=at)
    audit(action=f"order.{after}", obj=order, actor=actor, at=at)
    publish_states(site_ids=_sites_of(order), order=order, at=at)
    _tell(order, at=at)
    return order


@verb
def end_order(
    *,
    order: Order,
    how: OrderStatus,
    actor: User | None,
    at: datetime,
    site_ids: list[int] | None = None,
    by: Order | None = None,
) -> Order:
    """End an order, at all its sites or at some; what else holds there goes on."""
    ending = OrderSite.objects.filter(order=order, ended_at=None)
    if site_ids is not None:
        ending = ending.filter(site_id__in=site_ids)
    ended = list(ending.values_list("site_id", flat=True))
    OrderSite.objects.filter(order=order, site_id__in=ended).update(ended_at=at)
    if not OrderSite.objects.filter(order=order, ended_at=None).exists():
        ORDER_LIFECYCLE.check(OrderStatus(order.status), how)
        order.status, order.ended_at = how, at
        order.save(update_fields=["status", "ended_at"])
        for kind in (STARTS, EXPIRES):
            cancel_deadlines(kind=kind, subject_id=order.pk, at=at)
    audit(
        action=f"order.{how}",
        obj=order,
        actor=actor,
        at=at,
        reason=by.reason if by else "",
        after={"sites": len(ended), "by": by.code if by else ""},
    )
    if order.limits:
        open_reconciliations(order=order, site_ids=ended, at=at)
    publish_states(site_ids=ended, order=by or order, at=at)
    _tell(order, at=at)
    return order


def _lift(order: Order, *, actor: User | None, at: datetime) -> Order:
    ORDER_LIFECYCLE.check(OrderStatus(order.status), OrderStatus.DONE)
    order.status, order.in_force_at, order.ended_at = OrderStatus.DONE, at, at
    order.save()
    assert order.lifts is not None  # the constraint says so
    lifted = Order.objects.select_for_update(of=("self",)).get(pk=order.lifts.pk)
    end_order(
        order=lifted,
        how=OrderStatus.LIFTED,
        actor=actor,
        at=at,
        site_ids=_sites_of(order),
        by=order,
    )
    if lifted.status == OrderStatus.LIFTED and not lifted.needs_review:
        settle_attention(order=lifted, at=at)
    return order


@verb
def start_order(*, deadline: Deadline, at: datetime) -> None:
    """A scheduled order's time has come."""
    order = _waiting(deadline, OrderStatus.SCHEDULED)
    if order is not None:
        order.status, order.in_force_at = OrderStatus.IN_FORCE, at
        order.save(update_fields=["status", "in_force_at"])
        audit(action="order.in_force", obj=order, actor=None, at=at)
        publish_states(site_ids=_sites_of(order), order=order, at=at)
        _tell(order, at=at)


@verb
def expire_order(*, deadline: Deadline, at: datetime) -> None:
    """An order's time is over, and it said to return to what was before."""
    order = _waiting(deadline, OrderStatus.IN_FORCE)
    if order is not None:
        end_order(order=order, how=OrderStatus.EXPIRED, actor=None, at=at)


@verb
def lapse_request(*, deadline: Deadline, at: datetime) -> None:
    """Nobody approved within a day: the request is worth nothing any more."""
    order = _waiting(deadline, OrderStatus.REQUESTED)
    if order is not None:
        order.status, order.ended_at = OrderStatus.LAPSED, at
        order.save(update_fields=["status", "ended_at"])
        audit(action="order.lapse", obj=order, actor=None, at=at)
        _tell(order, at=at)


@verb
def confirm_due(*, deadline: Deadline, at: datetime) -> None:
    """Half an hour has passed and one person still stands alone by an order: tell everybody."""
    order = _waiting(deadline, *LIVE_STATUSES)
    if order is not None and order.needs_confirmation:
        _mark_overdue(order, gettext_noop("%(code)s is in force and nobody else stands by it"), at)


@verb
def review_due(*, deadline: Deadline, at: datetime) -> None:
    """A day has passed and nobody has looked at what was done by breaking the glass."""
    order = Order.objects.select_for_update(of=("self",)).get(pk=deadline.subject_id)
    if order.needs_review:
        _mark_overdue(order, gettext_noop("%(code)s broke the glass and nobody reviewed it"), at)


@verb
def settle_attention(*, order: Order, at: datetime) -> None:
    """The second person has come: nothing calls for one any more."""
    for signal in Signal.objects.open().filter(rule=SignalRule.ORDER_ALONE, key=_key(order)):
        close_signal(signal=signal, at=at)
    _tell(order, at=at)


def _mark_overdue(order: Order, title: str, at: datetime) -> None:
    order.is_overdue = True
    order.save(update_fields=["is_overdue"])
    audit(action="order.overdue", obj=order, actor=None, at=at)
    sites = _sites_of(order)
    assert_claim(
        claim=Claim(
            rule=SignalRule.ORDER_ALONE,
            key=_key(order),
            severity=2,
            title=title,
            params={"code": order.code},
            began_at=order.in_force_at or order.requested_at,
            site_id=sites[0] if len(sites) == 1 else None,
            site_ids=tuple(sites),
        ),
        at=at,
    )
    _tell(order, at=at)


def _key(order: Order) -> str:
    return f"order:{order.code}"


def _sites_of(order: Order) -> list[int]:
    return list(order.targets.order_by("site_id").values_list("site_id", flat=True))


def _waiting(deadline: Deadline, *statuses: OrderStatus) -> Order | None:
    return (
        Order.objects.select_for_update(of=("self",))
        .filter(pk=deadline.subject_id, status__in=statuses)
        .first()
    )


def _tell(order: Order, *, at: datetime) -> None:
    publish(topic="orders", kind=order.status, at=at, permission="telemetry.view_order")
