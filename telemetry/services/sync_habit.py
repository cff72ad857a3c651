"""Verbs that fold sessions into habits and days, so that no rule has to read weeks of them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q

from bcp_portal.audit.verbs import verb
from telemetry.detection.habit import KEEP, Odd, hour_of_week, logs, unusual, with_hour
from telemetry.detection.tuning import Tuning, read_tuning
from telemetry.models import Signal, SignalRule, SyncDay, SyncHabit, SyncOutcome, SyncSession

MOST = 2000
# A session that began longer ago than this was told late: it is counted, and concludes nothing.
LATE = timedelta(hours=24)
FINAL = (SyncOutcome.FAILED, SyncOutcome.ABORTED, SyncOutcome.REFUSED)
_LARGE = (SignalRule.CENTRAL_DOWN, SignalRule.NETWORK_OUTAGE)
_USER = re.compile(r"\buser=([^\s,;]{1,64})")
Key = tuple[int, str]
Span = tuple[datetime, datetime | None, frozenset[int]]


@dataclass
class _Books:
    """The rows that one fold touches."""

    habits: dict[Key, SyncHabit]
    days: dict[tuple[int, str, date], SyncDay]
    outages: list[Span]
    tuning: Tuning = field(default_factory=Tuning)


@verb
def fold_sessions(*, at: datetime) -> str:
    """Add every finished session that has not been added yet to its habit and its day, once."""
    fresh = list(
        SyncSession.objects.filter(folded_at=None)
        .filter(Q(ended_at__isnull=False) | Q(outcome__in=FINAL))
        .select_related("device__site")
        .order_by("received_at", "pk")[:MOST]
    )
    if not fresh:
        return "nothing to fold"
    books = _open_books(fresh)
    # In the order they began: the habit of this morning judges the session of noon.
    for session in sorted(fresh, key=lambda one: (one.started_at, one.pk)):
        _fold(session, books, at=at)
    SyncHabit.objects.bulk_update(books.habits.values(), _HABIT, batch_size=100)
    SyncDay.objects.bulk_update(books.days.values(), _DAY, batch_size=100)
    for start in range(0, len(fresh), 500):
        pks = [session.pk for session in fresh[start : start + 500]]
        SyncSession.objects.filter(pk__in=pks).update(folded_at=at)
    return f"{len(fresh)} sessions"


_HABIT = [
    "recent", "hours", "last_started_at", "cut_off_at", "cut_off_codes", "cut_off_heard_at",
    "odd_streak", "odd_sums", "slot_code", "slot_told",
]  # fmt: skip
_DAY = [
    "sessions", "failed", "mismatches", "records", "rejected", "duplicates", "conflicts",
    "by_hand", "bad_users",
]  # fmt: skip


def _open_books(fresh: list[SyncSession]) -> _Books:
    """Read the rows that will be touched; those that are missing are made first."""
    keys = {(one.device_id, one.stream_name) for one in fresh}
    day_keys = {(one.device_id, one.stream_name, _day(one)) for one in fresh}
    devices = {device for device, _stream in keys}
    SyncHabit.objects.bulk_create(
        [SyncHabit(device_id=device, stream_name=stream) for device, stream in sorted(keys)],
        ignore_conflicts=True,
    )
    SyncDay.objects.bulk_create(
        [SyncDay(device_id=d, stream_name=s, day=day) for d, s, day in sorted(day_keys)],
        ignore_conflicts=True,
    )
    habits = SyncHabit.objects.select_for_update().filter(device__in=devices).order_by("pk")
    wanted = {day for _device, _stream, day in day_keys}
    days = SyncDay.objects.filter(device__in=devices, day__in=wanted)
    return _Books(
        {(h.device_id, h.stream_name): h for h in habits if (h.device_id, h.stream_name) in keys},
        {
            (d.device_id, d.stream_name, d.day): d
            for d in days
            if (d.device_id, d.stream_name, d.day) in day_keys
        },
        _outages(min(one.started_at for one in fresh)),
        read_tuning(),
    )


def _outages(since: datetime) -> list[Span]:
    rows = Signal.objects.filter(rule__in=_LARGE).filter(
        Q(closed_at=None) | Q(closed_at__gte=since)
    )
    return [
        (began_at, closed_at, frozenset(site_ids))
        for began_at, closed_at, site_ids in rows.values_list("began_at", "closed_at", "site_ids")
    ]


def _day(session: SyncSession) -> date:
    return session.started_at.date()


def _fold(session: SyncSession, books: _Books, *, at: datetime) -> None:
    habit = books.habits[session.device_id, session.stream_name]
    day = books.days[session.device_id, session.stream_name, _day(session)]
    _count(session, day, books.outages)
    site = session.device.site
    hour = hour_of_week(session.started_at, site.time_zone)
    is_newest = habit.last_started_at is None or session.started_at > habit.last_started_at
    worked = session.outcome in (SyncOutcome.OK, SyncOutcome.PARTIAL)
    records = (session.records_out or 0) + (session.records_in or 0)
    if is_newest:
        _take_newest(session, habit, at=at)
        if worked and at - session.started_at <= LATE:
            odd = unusual(
                duration_ms=session.duration_ms,
                records=records,
                hour=hour,
                recent=habit.recent,
                hours=habit.hours,
                limits=books.tuning.of(SignalRule.UNUSUAL_SYNC, site.pk, site.sector).limits,
            )
            _note(habit, odd)
    if worked:
        habit.hours = with_hour(habit.hours, hour)
        if session.duration_ms is not None:
            habit.recent = [*habit.recent, logs(session.duration_ms, records)][-KEEP:]


def _note(habit: SyncHabit, odd: Odd | None) -> None:
    habit.odd_streak = habit.odd_streak + 1 if odd else 0
    habit.odd_sums = odd.sums if odd else {}


def _take_newest(session: SyncSession, habit: SyncHabit, *, at: datetime) -> None:
    habit.last_started_at = session.started_at
    told = [error for error in session.errors if isinstance(error, dict)]
    if session.outcome == SyncOutcome.ABORTED:
        habit.cut_off_at, habit.cut_off_heard_at = session.started_at, at
        habit.cut_off_codes = [str(error.get("code", "")) for error in told]
    slot = next((e for e in told if str(e.get("code", "")).startswith("slot_")), None)
    if slot is not None:
        habit.slot_code = str(slot["code"])[:40]
        habit.slot_told = str(slot.get("sample", ""))[:300]
    elif session.outcome == SyncOutcome.OK:
        habit.slot_code = habit.slot_told = ""


def _count(session: SyncSession, day: SyncDay, outages: Iterable[Span]) -> None:
    day.sessions += 1
    day.mismatches += session.is_mismatch
    day.rejected += session.rejected
    # After an outage, or by order, everything is sent again on purpose: that proves nothing.
    if session.trigger in ("", "schedule"):
        day.duplicates += session.duplicates
    day.by_hand += session.trigger == "manual"
    day.conflicts += session.conflicts_flagged
    # Refused records were sent too: a share is never more than all.
    sent = (session.records_out or 0) + (session.records_in or 0)
    day.records += max(sent, session.rejected + session.duplicates)
    if session.outcome in (SyncOutcome.FAILED, SyncOutcome.ABORTED):
        day.failed += not _is_explained(session, outages)
    if session.rejected:
        day.bad_users = _with_users(day.bad_users, session.errors, session.rejected)


def _is_explained(session: SyncSession, outages: Iterable[Span]) -> bool:
    return any(
        began_at <= session.started_at
        and (closed_at is None or session.started_at <= closed_at)
        and session.device.site_id in sites
        for began_at, closed_at, sites in outages
    )


def _with_users(known: Mapping[str, int], errors: list[Any], most: int) -> dict[str, int]:
    """Who entered what was refused, where the engine says so ("user=siti" in an error's sample)."""
    users = dict(known)
    for error in errors:
        found = _USER.search(str(error.get("sample", ""))) if isinstance(error, dict) else None
        if found is not None and len(users) < 200:
            users[found[1]] = users.get(found[1], 0) + min(int(error.get("count", 1)), most)
    return users
