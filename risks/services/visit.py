"""The verb by which a person says: I have seen what moved."""

from datetime import datetime

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import verb
from risks.models import RegisterVisit


@verb
def mark_register_seen(*, actor: User, at: datetime) -> RegisterVisit:
    """Remember up to when this person has seen the register move."""
    visit, _is_new = RegisterVisit.objects.update_or_create(person=actor, defaults={"seen_at": at})
    return visit
