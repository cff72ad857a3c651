"""Verbs of a calendar kept elsewhere: looked at, taken over, followed; a bad answer is nothing."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.services.job import queue_job
from bcp_portal.shared.errors import DomainError
from incidents.channels.calendar import fetch_calendar_text
from incidents.models import CalendarUse, DutyCalendar, Rotation, Shift
from incidents.models.duty_calendar import ASKED_EVERY
from incidents.selectors.duty_calendar import CalendarTurn, calendar_plan

JOB = "incidents.duty_calendar"
MOST_CALENDARS = 10
# The ninety days ahead move on even when the calendar says nothing new.
APPLIED_EVERY = timedelta(hours=6)


@verb
def add_calendar(
    *,
    rotation: Rotation,
    name: str,
    use: str,
    actor: User,
    at: datetime,
    address: str = "",
    text: str = "",
) -> DutyCalendar:
    """Name a calendar to look at, by a file or an address; nobody's turn changes yet."""
    if bool(address) == bool(text):
        raise DomainError(_("Give either a file or an address."))
    if address and not address.startswith(("https://", "http://")):
        raise DomainError(_("The address of a calendar begins with https://."))
    if rotation.calendars.count() >= MOST_CALENDARS:
        raise DomainError(_("A duty follows at most %d calendars.") % MOST_CALENDARS)
    calendar = DutyCalendar(
        rotation=rotation,
        name=name,
        use=use,
        address=address,
        text=text,
        read_at=at if text else None,
        created_at=at,
        created_by=actor,
    )
    refusal = calendar_plan(calendar, at=at).refusal
    if refusal:
        raise DomainError(refusal)
    calendar.save()
    _record("calendar.add", calendar, actor, at=at, host=calendar.host, use=use)
    if address:
        ask_calendar(calendar=calendar, at=at)
    return calendar


@verb
def ask_calendar(*, calendar: DutyCalendar, at: datetime) -> None:
    """Have the source read, in the background."""
    queue_job(kind=JOB, subject_id=calendar.pk, at=at)


def read_calendar(*, subject_id: int, at: datetime, again: bool) -> None:
    """Read a source and keep what it says. Outside any transaction: it may take its time."""
    calendar = DutyCalendar.objects.filter(pk=subject_id).exclude(address="").first()
    if calendar is None:
        return
    try:
        text = fetch_calendar_text(calendar.address)
    except OSError as error:
        note_unread(calendar_id=subject_id, error=str(error), at=at)
        return
    keep_copy(calendar_id=subject_id, text=text, at=at)


@verb
def keep_copy(*, calendar_id: int, text: str, at: datetime) -> None:
    """Keep what the source says now, and follow it where it was taken over.

    What cannot be read, or suddenly names nobody, is kept out: the copy before it stands.
    """
    calendar = _locked(calendar_id)
    if calendar is None:
        return
    plan = calendar_plan(calendar, text=text, at=at)
    emptied = not plan.turns and calendar.shifts.filter(ends_at__gt=at).exists()
    if plan.refusal or emptied:
        refusal = plan.refusal or gettext_noop("it names nobody any more")
        note_unread(calendar_id=calendar_id, error=refusal, at=at)
        return
    calendar.text, calendar.asked_at, calendar.read_at, calendar.error = text, at, at, ""
    calendar.save(update_fields=["text", "asked_at", "read_at", "error"])
    if calendar.taken_over_at is not None:
        _follow(calendar, plan.turns, actor=None, at=at)


@verb
def note_unread(*, calendar_id: int, error: str, at: datetime) -> None:
    """Say that the source could not be read; every turn stays as it is."""
    DutyCalendar.objects.filter(pk=calendar_id).update(asked_at=at, error=error[:300])


@verb
def take_over_calendar(*, calendar: DutyCalendar, actor: User, at: datetime) -> None:
    """Say yes to what was shown: from now on the duty follows this calendar."""
    locked = _locked(calendar.pk)
    if locked is None or locked.taken_over_at is not None:
        return
    plan = calendar_plan(locked, at=at)
    if not plan.turns:
        raise DomainError(_("This calendar names nobody whom the portal knows."))
    locked.taken_over_at = at
    locked.save(update_fields=["taken_over_at"])
    _record("calendar.take_over", locked, actor, at=at, turns=len(plan.turns))
    _follow(locked, plan.turns, actor=actor, at=at)


@verb
def drop_calendar(*, calendar: DutyCalendar, actor: User, at: datetime) -> None:
    """Follow it no longer: its coming turns go, one that has begun runs to its end."""
    locked = _locked(calendar.pk)
    if locked is None:
        return
    gone, _rows = locked.shifts.filter(starts_at__gt=at).delete()
    _record("calendar.drop", locked, actor, at=at, turns_gone=gone)
    locked.delete()


def renew_calendars(*, at: datetime) -> str:
    """Ask each source whose time has come, and move the days ahead on."""
    due = Q(asked_at=None) | Q(asked_at__lte=at - ASKED_EVERY)
    asked = list(DutyCalendar.objects.filter(due).exclude(address=""))
    for calendar in asked:
        ask_calendar(calendar=calendar, at=at)
    behind = DutyCalendar.objects.taken_over().filter(applied_at__lte=at - APPLIED_EVERY)
    for calendar in behind:
        move_on(calendar_id=calendar.pk, at=at)
    return f"{len(asked)} calendars asked"


@verb
def move_on(*, calendar_id: int, at: datetime) -> None:
    """Take the turns that have come into sight, from the copy we hold."""
    calendar = _locked(calendar_id)
    if calendar is None:
        return
    plan = calendar_plan(calendar, at=at)
    # A copy that names nobody any more leaves the turns that stand.
    if plan.turns:
        _follow(calendar, plan.turns, actor=None, at=at)


def _follow(
    calendar: DutyCalendar, turns: Sequence[CalendarTurn], *, actor: User | None, at: datetime
) -> None:
    """Make the coming turns of a calendar those that it says; what is over stays as it was."""
    wanted = {(turn.person.pk, turn.starts_at, turn.ends_at): turn for turn in turns}
    gone = moved = 0
    for shift in calendar.shifts.filter(ends_at__gt=at).order_by("pk"):
        key = _counterpart(shift, wanted, at=at)
        if key is not None:
            wanted.pop(key)
            if shift.ends_at != key[2]:
                shift.ends_at = key[2]
                shift.save(update_fields=["ends_at"])
                moved += 1
        elif shift.starts_at < at:
            shift.ends_at = at
            shift.save(update_fields=["ends_at"])
            gone += 1
        else:
            shift.delete()
            gone += 1
    Shift.objects.bulk_create(
        Shift(
            rotation=calendar.rotation,
            user=turn.person,
            # Nobody gets a past that they did not have.
            starts_at=max(turn.starts_at, at),
            ends_at=turn.ends_at,
            is_override=calendar.use == CalendarUse.STAND_IN,
            calendar=calendar,
        )
        for turn in wanted.values()
    )
    calendar.applied_at = at
    calendar.save(update_fields=["applied_at"])
    if gone or moved or wanted:
        _record(
            "calendar.follow", calendar, actor, at=at, added=len(wanted), gone=gone, moved=moved
        )


def _counterpart(
    shift: Shift, wanted: dict[tuple[int, datetime, datetime], CalendarTurn], *, at: datetime
) -> tuple[int, datetime, datetime] | None:
    """The turn of the calendar that a turn of ours stands for; one under way may have moved."""
    exact = (shift.user_id, shift.starts_at, shift.ends_at)
    if exact in wanted:
        return exact
    if shift.starts_at > at:
        return None
    running = (key for key in wanted if key[0] == shift.user_id and key[1] <= at)
    return next(running, None)


def _record(
    action: str, calendar: DutyCalendar, actor: User | None, *, at: datetime, **facts: object
) -> None:
    after = {"calendar": calendar.name, **facts}
    audit(action=action, obj=calendar.rotation, actor=actor, at=at, after=after)


def _locked(calendar_id: int) -> DutyCalendar | None:
    rows = DutyCalendar.objects.select_for_update(of=("self",)).select_related("rotation")
    return rows.filter(pk=calendar_id).first()
