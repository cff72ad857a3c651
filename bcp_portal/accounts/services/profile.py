"""Verbs of one's own profile."""

from datetime import datetime

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb


@verb
def edit_profile(*, language: str, time_zone: str, phone: str, actor: User, at: datetime) -> User:
    """Choose the language and the zone one reads in, and the number one is called at."""
    said = {"language": language, "time_zone": time_zone, "phone": phone}
    changed = {name: value for name, value in said.items() if getattr(actor, name) != value}
    if changed:
        before = {name: getattr(actor, name) for name in changed}
        for name, value in changed.items():
            setattr(actor, name, value)
        actor.save(update_fields=list(changed))
        audit(action="user.edit", obj=actor, actor=actor, at=at, before=before, after=changed)
    return actor
