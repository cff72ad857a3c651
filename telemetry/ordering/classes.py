"""How dangerous an order is: one table, from the deed and the number of sites to its class."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from telemetry.models import ApprovalClass, OrderAction

# The second person of class A must stand by it within this time.
CONFIRM_WITHIN = timedelta(minutes=30)
# What was done by breaking the glass is looked at within this time.
REVIEW_WITHIN = timedelta(hours=24)
# Permission to sync lapses when the portal has not been heard for so long.
LEASE = timedelta(minutes=15)


@dataclass(frozen=True)
class Danger:
    """The class of a deed at few sites, and from how many sites on it is class B."""

    few: ApprovalClass
    most_sites: int


_FEW = 5
DANGERS: Mapping[OrderAction, Danger] = {
    OrderAction.FREEZE: Danger(ApprovalClass.A, _FEW),
    OrderAction.OFFLINE: Danger(ApprovalClass.A, _FEW),
    OrderAction.MAINTENANCE: Danger(ApprovalClass.A, _FEW),
    OrderAction.DRAIN: Danger(ApprovalClass.A, _FEW),
    OrderAction.HOLD: Danger(ApprovalClass.B, 0),
    OrderAction.PERMIT: Danger(ApprovalClass.B, 0),
    OrderAction.LIFT: Danger(ApprovalClass.B, 0),
}
# What people may order by hand; waves give the others.
BY_HAND = (
    OrderAction.FREEZE,
    OrderAction.OFFLINE,
    OrderAction.MAINTENANCE,
    OrderAction.DRAIN,
)


def class_of(action: OrderAction, site_count: int) -> ApprovalClass:
    """How many people a deed takes at so many sites."""
    danger = DANGERS[action]
    if danger.few == ApprovalClass.A and site_count > danger.most_sites:
        return ApprovalClass.B
    return danger.few
