"""Verbs of a rotation: a duty that people take in turns, and who stands in."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError
from incidents.models import Rotation, Shift

MOST_TURNS = 60


@verb
def assign_shift(
    *,
    rotation: Rotation,
    user: User,
    starts_at: datetime,
    ends_at: datetime,
    actor: User | None,
    at: datetime,
    is_override: bool = False,
) -> Shift:
    """Give a person a turn of a duty, or let them stand in."""
    if ends_at <= starts_at:
        raise DomainError(_("A turn ends after it begins."))
    shift = Shift.objects.create(
        rotation=rotation,
        user=user,
        starts_at=starts_at,
        ends_at=ends_at,
        is_override=is_override,
    )
    audit(
        action="rotation.assign",
        obj=rotation,
        actor=actor,
        at=at,
        after={"user": user.name, "from": starts_at, "to": ends_at, "override": is_override},
    )
    return shift


@verb
def make_rotation(
    *, name: str, actor: User | None, at: datetime, time_zone: str = "Asia/Jakarta"
) -> Rotation:
    """Name a duty that people take in turns."""
    rotation, is_new = Rotation.objects.get_or_create(name=name, defaults={"time_zone": time_zone})
    if is_new:
        audit(action="rotation.make", obj=rotation, actor=actor, at=at)
    return rotation


@verb
def add_rotation(*, name: str, time_zone: str, actor: User, at: datetime) -> Rotation:
    """Name a new duty; a name that is there already is refused."""
    if Rotation.objects.filter(name=name).exists():
        raise DomainError(_("There is a rotation “%s” already.") % name)
    return make_rotation(name=name, time_zone=time_zone, actor=actor, at=at)


@verb
def assign_turns(
    *,
    rotation: Rotation,
    user: User,
    starts_at: datetime,
    ends_at: datetime,
    actor: User,
    at: datetime,
    is_override: bool = False,
    again_every: timedelta | None = None,
    times: int = 1,
) -> list[Shift]:
    """Give a person the same turn again and again, for a rota made months ahead."""
    if not 1 <= times <= MOST_TURNS:
        raise DomainError(_("At most %d turns at once.") % MOST_TURNS)
    if times > 1 and (again_every is None or again_every < ends_at - starts_at):
        raise DomainError(_("Say after how long the turn comes again; at least its own length."))
    step = again_every or timedelta()
    return [
        assign_shift(
            rotation=rotation,
            user=user,
            starts_at=starts_at + number * step,
            ends_at=ends_at + number * step,
            is_override=is_override,
            actor=actor,
            at=at,
        )
        for number in range(times)
    ]


@verb
def cancel_shift(*, shift: Shift, actor: User, at: datetime) -> None:
    """Take a turn back; one that has begun ends now, one that is over stays as it was."""
    if shift.ends_at <= at:
        raise DomainError(_("This turn is over and stays as it was."))
    audit(
        action="rotation.cancel",
        obj=shift.rotation,
        actor=actor,
        at=at,
        before={"user": shift.user.name, "from": shift.starts_at, "to": shift.ends_at},
    )
    if shift.starts_at < at:
        shift.ends_at = at
        shift.save(update_fields=["ends_at"])
    else:
        shift.delete()
