"""Verbs of a person's own calendar of absences: followed, read again, dropped."""

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.services.job import queue_job
from bcp_portal.shared.errors import DomainError
from incidents.channels.calendar import fetch_calendar_text
from incidents.ical_in import FeedTurn, read_feed
from incidents.models import Absence, AbsenceCalendar
from incidents.models.absence import ASKED_EVERY

JOB = "incidents.absences"
AHEAD = timedelta(days=366)


@verb
def follow_absences(
    *, user: User, time_zone: str, actor: User, at: datetime, address: str = "", text: str = ""
) -> AbsenceCalendar:
    """Take a person's absences from a calendar of theirs, by a file or an address."""
    if bool(address) == bool(text):
        raise DomainError(_("Give either a file or an address."))
    if address and not address.startswith(("https://", "http://")):
        raise DomainError(_("The address of a calendar begins with https://."))
    spans = _spans(text, time_zone, at=at) if text else []
    calendar, _is_new = AbsenceCalendar.objects.update_or_create(
        user=user,
        defaults={
            "address": address, "time_zone": time_zone, "error": "", "asked_at": None,
            "read_at": at if text else None,
        },
    )  # fmt: skip
    _replace(calendar, spans, at=at)
    _record("absences.follow", calendar, actor, at=at, host=calendar.host, absences=len(spans))
    if address:
        queue_job(kind=JOB, subject_id=calendar.pk, at=at)
    return calendar


def read_absences(*, subject_id: int, at: datetime, again: bool) -> None:
    """Read a source and keep its times. Outside any transaction: it may take its time."""
    calendar = AbsenceCalendar.objects.filter(pk=subject_id).exclude(address="").first()
    if calendar is None:
        return
    try:
        text = fetch_calendar_text(calendar.address)
        spans = _spans(text, calendar.time_zone, at=at)
    except (OSError, DomainError) as error:
        note_unread(calendar_id=subject_id, error=str(error), at=at)
        return
    keep_absences(calendar_id=subject_id, address=calendar.address, spans=spans, at=at)


@verb
def keep_absences(*, calendar_id: int, address: str, spans: list[FeedTurn], at: datetime) -> None:
    """Keep what the source says now, unless its person follows another one by now."""
    calendar = AbsenceCalendar.objects.select_for_update().filter(pk=calendar_id).first()
    if calendar is None or calendar.address != address:
        return
    calendar.asked_at, calendar.read_at, calendar.error = at, at, ""
    calendar.save(update_fields=["asked_at", "read_at", "error"])
    _replace(calendar, spans, at=at)


@verb
def note_unread(*, calendar_id: int, error: str, at: datetime) -> None:
    """Say that the source could not be read; what was read before stands."""
    AbsenceCalendar.objects.filter(pk=calendar_id).update(asked_at=at, error=error[:300])


@verb
def drop_absences(*, user: User, actor: User, at: datetime) -> None:
    """Follow the calendar no longer: its person can be called again at once."""
    calendar = AbsenceCalendar.objects.filter(user=user).first()
    if calendar is None:
        return
    Absence.objects.filter(user=user, ends_at__gt=at).delete()
    _record("absences.drop", calendar, actor, at=at)
    calendar.delete()


def renew_absences(*, at: datetime) -> str:
    """Ask each source whose time has come."""
    due = Q(asked_at=None) | Q(asked_at__lte=at - ASKED_EVERY)
    asked = list(AbsenceCalendar.objects.filter(due).exclude(address=""))
    for calendar in asked:
        queue_absences(calendar=calendar, at=at)
    return f"{len(asked)} calendars of absences asked"


@verb
def queue_absences(*, calendar: AbsenceCalendar, at: datetime) -> None:
    """Have the source read, in the background."""
    queue_job(kind=JOB, subject_id=calendar.pk, at=at)


def _spans(text: str, zone: str, *, at: datetime) -> list[FeedTurn]:
    reading = read_feed(text, zone=zone, since=at, until=at + AHEAD)
    if reading.problems and not reading.turns:
        raise DomainError(reading.problems[0])
    return list(reading.turns)


def _replace(calendar: AbsenceCalendar, spans: list[FeedTurn], *, at: datetime) -> None:
    """What is over stays for the record; what is to come is what the calendar says."""
    Absence.objects.filter(user=calendar.user_id, ends_at__gt=at).delete()
    times = {(span.starts_at, span.ends_at) for span in spans}
    Absence.objects.bulk_create(
        Absence(user_id=calendar.user_id, starts_at=begins, ends_at=ends)
        for begins, ends in sorted(times)
    )


def _record(
    action: str, calendar: AbsenceCalendar, actor: User, *, at: datetime, **facts: object
) -> None:
    audit(action=action, obj=calendar, actor=actor, at=at, after=dict(facts))
