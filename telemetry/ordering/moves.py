"""The buttons of an order: what may be done with it now, by whom, and why not."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from bcp_portal.accounts.models import User
from telemetry.models import OrderAction, OrderStatus
from telemetry.models.order import LIVE_STATUSES
from telemetry.ordering.board import OrderPage


@dataclass(frozen=True)
class Move:
    """One button."""

    label: str
    url: str
    allowed: bool
    why_not: str = ""
    tone: str = ""
    icon: str = ""
    method: str = "post"
    confirm: str = ""


def order_moves(page: OrderPage, *, user: User) -> list[Move]:
    """Exactly the moves that are open now; those the person may not make say why."""
    return list(_moves(page, user))


def _moves(page: OrderPage, user: User) -> Iterator[Move]:
    order = page.order
    second = _why_not_second(page, user)
    if order.needs_confirmation:
        yield _move(page, _("Stand by it"), "order_confirm", second, tone="primary", icon="check")
    if order.needs_review:
        yield _move(page, _("Review"), "order_review", second, tone="primary", method="get")
    if order.status == OrderStatus.REQUESTED:
        label = _("Take back") if page.is_own else _("Say no")
        why = "" if page.is_own else second
        yield _move(page, label, "order_refuse", why, method="get")
    if order.status in LIVE_STATUSES and order.action != OrderAction.LIFT:
        why = "" if user.has_perm("telemetry.give_order") else _("Your role may not do this.")
        yield _move(page, _("Lift"), "order_lift", why, method="get", icon="lock-open")


def _why_not_second(page: OrderPage, user: User) -> str:
    if not user.has_perm("telemetry.approve_order"):
        return _("Your role may not do this.")
    return _("You gave this order; it takes somebody else.") if page.is_own else ""


def may_approve(page: OrderPage, *, user: User) -> bool:
    """Whether this person may be the second one before."""
    return page.order.status == OrderStatus.REQUESTED and not _why_not_second(page, user)


def _move(
    page: OrderPage,
    label: str,
    name: str,
    why: str,
    *,
    tone: str = "",
    icon: str = "",
    method: str = "post",
) -> Move:
    url = reverse(f"telemetry:{name}", args=[page.order.code])
    return Move(label, url, not why, why, tone, icon, method)
