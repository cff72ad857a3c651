"""Who may sign what: owners, the appointed, and those to whom they delegated."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from assets.models import APPOINTED, Asset, Delegation, Signatory, SigningRole
from bcp_portal.accounts.models import User


@dataclass(frozen=True)
class Signers:
    """Everybody who signs for somebody now: offices by role, and who stands in for whom."""

    offices: dict[str, list[User]]
    stand_ins: dict[int, list[User]]  # delegate -> those in whose name they sign

    def holders(self, role: str, asset: Asset) -> list[User]:
        """The people whose word counts in a role for an asset."""
        if role == SigningRole.PROCESS_OWNER:
            owner = asset.business_owner
            return [owner] if owner is not None and owner.is_active else []
        return self.offices.get(role, [])

    def principal(
        self, role: str, asset: Asset, actor: User, *, taken: Collection[int] = ()
    ) -> User | None:
        """In whose name somebody may sign; one's own first, and no name twice."""
        holders = [one for one in self.holders(role, asset) if one.pk not in taken]
        if actor in holders:
            return actor
        return next((one for one in self.stand_ins.get(actor.pk, []) if one in holders), None)


def signers_at(at: datetime) -> Signers:
    """Read who signs now. Two queries."""
    offices: dict[str, list[User]] = {str(role): [] for role in APPOINTED}
    for one in Signatory.objects.appointed().select_related("user").order_by("pk"):
        offices[one.role].append(one.user)
    stand_ins: dict[int, list[User]] = {}
    rows = Delegation.objects.in_force(at).select_related("delegator").order_by("pk")
    for row in rows:
        stand_ins.setdefault(row.delegate_id, []).append(row.delegator)
    return Signers(offices, stand_ins)
