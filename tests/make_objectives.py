"""Makers of proposals and the people who sign them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from assets.models import Asset, Signature, SigningRole, TargetProposal
from assets.selectors.objective_page import objective_page
from assets.services.objective import propose_target, sign_target
from assets.services.signatory import appoint_signatory
from bcp_portal.accounts.models import User
from bcp_portal.accounts.roles import Role
from tests.make import NOON, make_user
from tests.make_assets import make_asset

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Three:
    """One person for each role, and the one who proposes."""

    owner: User
    operations: User
    management: User
    proposer: User

    def in_turn(self) -> dict[str, User]:
        return {
            SigningRole.PROCESS_OWNER: self.owner,
            SigningRole.OPERATIONS: self.operations,
            SigningRole.TOP_MANAGEMENT: self.management,
        }


def make_three() -> Three:
    """Everybody sees every site, so that scope is not in the way."""
    roles = (Role.RISK_MANAGER, Role.BUSINESS_OWNER)
    three = Three(*(make_user(*roles) for _role in range(4)))
    appoint_signatory(role=SigningRole.OPERATIONS, user=three.operations, actor=None, at=NOON)
    appoint_signatory(role=SigningRole.TOP_MANAGEMENT, user=three.management, actor=None, at=NOON)
    return three


def make_proposal(asset: Asset, three: Three, **spans: timedelta | None) -> TargetProposal:
    """A proposal that can be met by an asset whose own restore takes no time."""
    facts = {"rto": HOUR, "rpo": HOUR, "mtpd": 8 * HOUR, "wrt": HOUR} | spans
    return propose_target(
        asset=asset, **facts, reason="Loss per hour", actor=three.proposer, at=NOON
    )


def sign(
    proposal: TargetProposal, role: str, who: User, *, despite: str = "", at: datetime = NOON
) -> Signature:
    """Sign what the page shows now."""
    asset = Asset.objects.get(pk=proposal.asset_id)
    shown = objective_page(asset, user=who, at=at).shown
    return sign_target(proposal=proposal, role=role, shown=shown, despite=despite, actor=who, at=at)


def sign_all(proposal: TargetProposal, three: Three) -> None:
    for role, who in three.in_turn().items():
        sign(proposal, role, who)


def make_signed(three: Three, **fields: object) -> tuple[Asset, TargetProposal]:
    """An asset whose objectives all three have signed."""

    asset = make_asset(**({"business_owner": three.owner, "own_restore": HOUR / 2} | fields))
    proposal = make_proposal(asset, three)
    sign_all(proposal, three)
    return asset, TargetProposal.objects.get(pk=proposal.pk)
