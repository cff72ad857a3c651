"""What every change of a conflict leaves behind: a line of history, and news for screens."""

from datetime import datetime

from django.db.models import F
from django.utils.translation import gettext as _

from assets.models import Site
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import verb
from bcp_portal.engine.services.deadline import cancel_deadlines, set_deadline
from bcp_portal.live.services import publish
from bcp_portal.shared.errors import DomainError
from telemetry.models import CONFLICT_LIFECYCLE, ConflictCase, ConflictEvent, ConflictState

DUE = "telemetry.conflict_due"


class StaleConflictError(DomainError):
    """The case is no longer what its reader saw."""


@verb
def lock_case(*, case: ConflictCase, seen: int | None = None) -> ConflictCase:
    """The case as it is now, kept from others; refused when its reader saw an earlier one."""
    locked = ConflictCase.objects.select_for_update().get(pk=case.pk)
    if seen is not None and seen != locked.version:
        raise StaleConflictError(
            _("%(code)s has changed since you looked at it; look again.") % {"code": case.code}
        )
    return locked


@verb
def note(
    *,
    case: ConflictCase,
    kind: str,
    at: datetime,
    person: User | None = None,
    about: User | None = None,
    site: Site | None = None,
    text: str = "",
) -> ConflictEvent:
    """Add a line to the history of a case and tell the screens; never a value of the record."""
    event = ConflictEvent.objects.create(
        case=case, at=at, kind=kind, person=person, about=about, site=site, note=text[:500]
    )
    publish(topic="conflicts", kind=kind, at=at, permission="telemetry.see_conflict_values")
    return event


@verb
def move_case(*, case: ConflictCase, to: ConflictState, fields: tuple[str, ...] = ()) -> None:
    """Bring a case into another state, if its lifecycle allows, together with other fields."""
    if case.state != to:
        CONFLICT_LIFECYCLE.check(ConflictState(case.state), to)
    case.state = to
    case.version += 1
    case.save(update_fields=["state", "version", *fields])


@verb
def start_clock(*, case: ConflictCase, due_at: datetime, at: datetime) -> None:
    """Say until when a person must have decided; an earlier clock means nothing any more."""
    cancel_deadlines(kind=DUE, subject_id=case.pk, at=at)
    ConflictCase.objects.filter(pk=case.pk).update(epoch=F("epoch") + 1, due_at=due_at)
    case.refresh_from_db(fields=["epoch", "due_at"])
    set_deadline(kind=DUE, subject_id=case.pk, due_at=due_at, epoch=case.epoch, at=at)
