"""What one person is asked to sign, has signed, and has delegated."""

from dataclasses import dataclass
from datetime import datetime

from assets.models import Delegation, ProposalStatus, Signature, SigningRole, TargetProposal
from assets.selectors.signers import signers_at
from bcp_portal.accounts.models import User

SHOWN = 50


@dataclass(frozen=True)
class ToSign:
    """One signature that this person can give."""

    proposal: TargetProposal
    role: str
    sign_for: User
    is_renewal: bool


@dataclass(frozen=True)
class MySignatures:
    """What the page of one's own signatures shows."""

    waiting: list[ToSign]
    given: list[Signature]
    delegations: list[Delegation]


def my_signatures(user: User, *, at: datetime) -> MySignatures:
    """Gather the page in a fixed number of queries."""
    given = Signature.objects.visible_to(user).filter(signed_by=user)
    return MySignatures(
        waiting=to_sign(user, at=at),
        given=list(
            given.select_related("proposal__asset", "principal").order_by("-signed_at")[:SHOWN]
        ),
        delegations=list(
            Delegation.objects.visible_to(user)
            .select_related("delegator", "delegate")
            .order_by("-ends_at")[:SHOWN]
        ),
    )


def to_sign(user: User, *, at: datetime) -> list[ToSign]:
    """Every proposal, or objective in force whose signature lapsed, that waits for this person.

    Four queries, however many there are.
    """
    if not user.has_perm("assets.sign_target"):
        return []
    signers = signers_at(at)
    rows = (
        TargetProposal.objects.visible_to(user)
        .current()
        .select_related("asset__business_owner", "proposed_by")
        .prefetch_related("signatures")
        .order_by("asset__criticality", "asset__code", "status")
    )
    found = []
    for proposal in rows:
        standing = [one for one in proposal.signatures.all() if one.lapsed_at is None]
        taken = {pk for one in standing for pk in (one.signed_by_id, one.principal_id)}
        if user.pk in taken:
            continue
        for role in set(SigningRole) - {one.role for one in standing}:
            principal = signers.principal(role, proposal.asset, user, taken=taken)
            if principal is not None:
                is_renewal = proposal.status == ProposalStatus.ADOPTED
                found.append(ToSign(proposal, str(role.label), principal, is_renewal))
                break
    return found
