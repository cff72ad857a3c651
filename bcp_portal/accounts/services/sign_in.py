"""Verbs that keep in the trail who came in, by which proof, and who was turned away."""

from collections.abc import Sequence
from datetime import datetime

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb


@verb
def note_sign_in(*, user: User, proofs: Sequence[str], at: datetime) -> None:
    """Somebody signed in; `proofs` says how, in the order in which they were given."""
    audit(action="user.sign_in", obj=user, actor=user, at=at, after={"by": list(proofs)})


@verb
def note_refused_sign_in(*, user: User, reason: str, at: datetime) -> None:
    """Somebody else vouched for a person who may not come in."""
    audit(action="user.sign_in_refused", obj=user, actor=None, at=at, reason=reason)
