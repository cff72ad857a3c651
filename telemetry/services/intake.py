"""Verbs of many claims at once: what another monitor tells in one delivery, in a few statements."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.utils.dateparse import parse_datetime

from bcp_portal.audit.verbs import verb
from bcp_portal.engine.doorbell import ring
from bcp_portal.live.services import publish, told_once
from telemetry.models import Signal, SignalRule
from telemetry.services.signal import Claim, open_fields

# How far back a delivery that comes late is recognised as old.
REMEMBERED = timedelta(days=2)
# Between two notes that a condition was told again.
TOLD_AGAIN = timedelta(minutes=1)


@verb
def take_claims(*, claims: Sequence[Claim], at: datetime) -> int:
    """Open a signal for each claim of another monitor, or bring it up to date; return how many.

    A claim that began before the end that was told of it is a delivery that comes late: it is
    left aside. The unique constraint is the judge between two deliveries at once.
    """
    wanted = {claim.key: claim for claim in claims}
    standing = _standing(wanted)
    missing = [claim for key, claim in wanted.items() if key not in standing]
    ended = _ends(claim.key for claim in missing)
    fresh = [claim for claim in missing if not _is_old(claim, ended.get(claim.key))]
    if fresh:
        rows = [Signal(**open_fields(claim, at=at), told_at=at) for claim in fresh]
        Signal.objects.bulk_create(rows, ignore_conflicts=True)
        _tell(fresh, at=at)
    changed = _refresh(standing, wanted, at=at)
    if changed:
        _tell(changed, at=at)
    return len(fresh) + len(standing)


@verb
def take_ends(*, ends: Mapping[str, datetime], at: datetime) -> int:
    """Close what another monitor says is over, keeping its own time; return how many.

    An end that is older than the beginning of what holds now belongs to the time before. One that
    overtook its beginning is remembered, so that the beginning opens nothing when it comes.
    """
    standing = _standing(ends)
    known = _ends(key for key in ends if key not in standing)
    over = [row for key, row in standing.items() if ends[key] >= row.began_at]
    for row in over:
        row.closed_at = at
        row.sums = row.sums | {"ended_at": ends[row.key].isoformat()}
        row.version = F("version") + 1
    Signal.objects.bulk_update(over, ["closed_at", "sums", "version"])
    early = [key for key in ends if key not in standing and key not in known]
    Signal.objects.bulk_create(_remembered(key, ends[key], at=at) for key in early)
    if over:
        _tell(over, at=at)
    return len(over)


def _standing(keys: Mapping[str, Any]) -> dict[str, Signal]:
    open_now = Signal.objects.open().filter(rule=SignalRule.EXTERNAL, key__in=list(keys))
    return {row.key: row for row in open_now}


def _ends(keys: Any) -> dict[str, datetime]:
    """The last end that was told of each, by the clock of the other monitor."""
    names = list(keys)
    if not names:
        return {}
    rows = Signal.objects.filter(
        rule=SignalRule.EXTERNAL, key__in=names, closed_at__isnull=False, sums__has_key="ended_at"
    )
    found: dict[str, datetime] = {}
    for key, text in rows.values_list("key", "sums__ended_at"):
        moment = parse_datetime(str(text).strip('"'))
        if moment is not None:
            found[key] = max(moment, found.get(key, moment))
    return found


def _is_old(claim: Claim, ended_at: datetime | None) -> bool:
    return ended_at is not None and claim.began_at < ended_at


def _refresh(
    standing: Mapping[str, Signal], wanted: Mapping[str, Claim], *, at: datetime
) -> list[Signal]:
    """Bring what stands up to date in one statement; return what says something new."""
    changed, told = [], []
    for key, row in standing.items():
        claim = wanted[key]
        if row.severity != claim.severity or row.params != claim.params or row.sums != claim.sums:
            row.severity, row.params, row.sums = claim.severity, claim.params, claim.sums
            row.version = F("version") + 1
            row.told_at = at
            changed.append(row)
        elif row.told_at is None or at - row.told_at >= TOLD_AGAIN:
            told.append(row.pk)
    if changed:
        Signal.objects.bulk_update(changed, ["severity", "params", "sums", "version", "told_at"])
    if told:
        Signal.objects.filter(pk__in=told).update(told_at=at)
    return changed


def _remembered(key: str, ended_at: datetime, *, at: datetime) -> Signal:
    """An end without a beginning: kept closed and looked at by nobody."""
    return Signal(
        rule=SignalRule.EXTERNAL, key=key, title="", sums={"ended_at": ended_at.isoformat()},
        began_at=min(ended_at, at), opened_at=at, closed_at=at, swept_version=1,
    )  # fmt: skip


def _tell(things: Sequence[Claim | Signal], *, at: datetime) -> None:
    """One word for each site rather than for each of a thousand alerts."""
    with told_once():
        for site_id in sorted({thing.site_id for thing in things}, key=lambda pk: pk or 0):
            publish(
                topic="signals",
                kind=SignalRule.EXTERNAL,
                at=at,
                permission="telemetry.view_signal",
                site_id=site_id,
            )
    ring("engine")
