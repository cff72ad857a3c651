"""The lock of a desk that nobody touches: kept in the session, opened by a fresh proof."""

from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest

from bcp_portal.accounts.step_up import signed_in_at

LOCKED, ACTIVE = "desk_locked_at", "desk_active_at"
# One write a minute is enough; and a page that tells us each minute is never locked too early.
NOTE_EVERY = timedelta(minutes=1)


def lock_desk(request: HttpRequest, *, at: datetime) -> None:
    """Lock every page of this sign-in until its person proves who they are."""
    request.session.setdefault(LOCKED, at.timestamp())


def note_activity(request: HttpRequest, *, at: datetime) -> None:
    """Somebody is there; does not open what is locked."""
    if at.timestamp() - request.session.get(ACTIVE, 0) >= NOTE_EVERY.total_seconds():
        request.session[ACTIVE] = at.timestamp()


def is_locked(request: HttpRequest, *, at: datetime) -> bool:
    """Whether a fresh proof is missing: somebody locked it, or nobody was there for too long."""
    if not settings.LOCK_AFTER:
        return False
    idle = at.timestamp() - request.session.setdefault(ACTIVE, at.timestamp())
    if idle > (settings.LOCK_AFTER + 2 * NOTE_EVERY).total_seconds():
        lock_desk(request, at=at)
    locked_at = request.session.get(LOCKED)
    if locked_at is None:
        return False
    proven_at = signed_in_at(request)
    if proven_at is None or proven_at.timestamp() < locked_at:
        return True
    del request.session[LOCKED]
    request.session[ACTIVE] = at.timestamp()
    return False
