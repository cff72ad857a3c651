"""Who may do what in an incident, with whom as second: powers, orders to sites, words outside."""

from collections.abc import Sequence
from dataclasses import dataclass

from bcp_portal.accounts.holders import holders_of
from bcp_portal.accounts.roles import PERMISSION_ROLES
from incidents.authority import DEFAULT, TWO, Authority
from incidents.models import AudienceRule, AuthorityMatrix, StepRight
from incidents.selectors.communication import all_rules
from telemetry.models import ApprovalClass, OrderAction
from telemetry.ordering.classes import BY_HAND, DANGERS


@dataclass(frozen=True)
class PowerLine:
    """Something that a step may ask for: who may, and how many it takes at each severity."""

    right: str
    label: str
    roles: list[str]
    holders: int
    people: Sequence[int]

    @property
    def is_too_few(self) -> bool:
        """Two are asked for where two cannot be found."""
        return TWO in self.people and self.holders < TWO


@dataclass(frozen=True)
class OrderLine:
    """An order to sites: how many people it takes at few sites, and from where on it takes two."""

    label: str
    takes_two: bool
    most_sites: int


@dataclass(frozen=True)
class AuthorityPage:
    """Everything that the page shows."""

    powers: list[PowerLine]
    orders: list[OrderLine]
    audiences: list[AudienceRule]
    history: list[AuthorityMatrix]


def authority_in_force() -> Authority:
    """The newest that was decided, or the one that comes along; one query."""
    row = AuthorityMatrix.objects.order_by("-number").first()
    return DEFAULT if row is None else Authority(row.cells)


def authority_page(history: list[AuthorityMatrix]) -> AuthorityPage:
    """Gather the page from the matrices that the reader may see; a query for each power."""
    matrix = Authority(history[0].cells) if history else DEFAULT
    return AuthorityPage(
        powers=[_power(right, matrix) for right in StepRight],
        orders=[_order(action) for action in BY_HAND],
        audiences=all_rules(),
        history=history,
    )


def _power(right: StepRight, matrix: Authority) -> PowerLine:
    return PowerLine(
        right=right.value,
        label=str(right.label),
        roles=sorted(str(role.label) for role in PERMISSION_ROLES.get(right.value, ())),
        holders=holders_of(right.value).count(),
        people=matrix.people(right.value),
    )


def _order(action: OrderAction) -> OrderLine:
    danger = DANGERS[action]
    return OrderLine(str(action.label), danger.few != ApprovalClass.A, danger.most_sites)
