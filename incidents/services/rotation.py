"""Verbs of a rotation: a duty that people take in turns, and who stands in."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError
from incidents.models import NoticeKind, Rotation, Shift
from incidents.services.notice import write_notice

MOST_TURNS = 60
MOST_ROTA = 200


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


@verb
def plan_rota(
    *,
    rotation: Rotation,
    people: Sequence[User],
    first_day: date,
    hours_from: time,
    hours_to: time,
    days_each: int,
    rounds: int,
    time_zone: str,
    actor: User,
    at: datetime,
) -> list[Shift]:
    """Let people take a duty in turns, by the clock on the wall of one zone.

    The same hour twice means round the clock. Several rotas of different zones in one rotation
    follow the sun; a change to daylight saving time moves nobody's hour on the wall.
    """
    zone = ZoneInfo(time_zone)
    turns = list(_turns(people, first_day, hours_from, hours_to, days_each, rounds, zone))
    if not 1 <= len(turns) <= MOST_ROTA:
        raise DomainError(_("A rota has between one and %d turns.") % MOST_ROTA)
    return [
        assign_shift(
            rotation=rotation, user=user, starts_at=starts, ends_at=ends, actor=actor, at=at
        )
        for user, starts, ends in turns
    ]


@verb
def swap_shifts(*, shift: Shift, other: Shift, actor: User, at: datetime) -> None:
    """Two people take each other's turn; both are told."""
    if shift.rotation_id != other.rotation_id or shift.pk == other.pk:
        raise DomainError(_("Choose another turn of the same duty."))
    if min(shift.starts_at, other.starts_at) <= at:
        raise DomainError(_("A turn that has begun is no longer swapped; let somebody stand in."))
    before = {"first": shift.user.name, "second": other.user.name}
    shift.user, other.user = other.user, shift.user
    for one in (shift, other):
        one.save(update_fields=["user"])
        write_notice(
            person=one.user,
            kind=NoticeKind.INFO,
            message=gettext_noop("Swapped: you have “%(duty)s” from %(start_at)s to %(end_at)s."),
            params={
                "duty": shift.rotation.name,
                "start_at": one.starts_at.isoformat(),
                "end_at": one.ends_at.isoformat(),
            },
            path=f"/escalation/rotations/{shift.rotation_id}/",
            at=at,
        )
    audit(
        action="rotation.swap",
        obj=shift.rotation,
        actor=actor,
        at=at,
        before=before,
        after={"first": shift.user.name, "second": other.user.name},
    )


def _turns(
    people: Sequence[User],
    first_day: date,
    hours_from: time,
    hours_to: time,
    days_each: int,
    rounds: int,
    zone: ZoneInfo,
) -> Iterator[tuple[User, datetime, datetime]]:
    day = timedelta(days=1)
    whole = hours_from == hours_to
    for number in range(rounds * len(people)):
        user = people[number % len(people)]
        begins = first_day + number * days_each * day
        if whole:
            ends = begins + days_each * day
            yield user, _on_wall(begins, hours_from, zone), _on_wall(ends, hours_from, zone)
            continue
        for offset in range(days_each):
            starts = begins + offset * day
            ends = starts if hours_to > hours_from else starts + day
            yield user, _on_wall(starts, hours_from, zone), _on_wall(ends, hours_to, zone)


def _on_wall(day: date, hour: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, hour, tzinfo=zone)
