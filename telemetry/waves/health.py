"""Is the data that comes home sound? The arithmetic of the gate between two waves."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from django.db.models import Count, Q, Sum

from telemetry.models import SiteState, SyncOutcome, SyncSession

_WENT_WRONG = (SyncOutcome.FAILED, SyncOutcome.ABORTED)
# More sessions do not move a percentile any more.
_MOST_DURATIONS = 5000


@dataclass(frozen=True)
class Gate:
    """The limits; rows of a plan keep them as JSON, so that an approved plan cannot drift."""

    watch_s: int = 300
    drain_limit_s: int = 900
    drained_share: float = 0.90
    errors_share: float = 0.02
    conflicts_share: float = 0.005
    p95_factor: float = 2.0
    mismatches: int = 0

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """As a plan keeps them; what it does not name is as usual."""
        return cls(**{name: told[name] for name in cls.__dataclass_fields__ if name in told})

    def as_json(self) -> dict[str, Any]:
        """For the row of a plan."""
        return asdict(self)

    @property
    def watch_for(self) -> timedelta:
        """How long a drained wave is watched before the next one."""
        return timedelta(seconds=self.watch_s)


@dataclass(frozen=True)
class Health:
    """What sessions since a moment say; shares are None where nothing was exchanged."""

    sessions: int
    failed: int
    records: int
    conflicts: int
    mismatches: int
    p95_ms: float | None
    base_p95_ms: float | None
    started_records: int
    pending_records: int

    @property
    def drained(self) -> float:
        """The share of what waited at the start that is home."""
        if not self.started_records:
            return 1.0
        return max(0.0, 1 - self.pending_records / self.started_records)

    def faults(self, gate: Gate) -> list[str]:
        """Reasons to stop until a person has looked."""
        found = []
        if self.sessions and self.failed / self.sessions >= gate.errors_share:
            found.append(f"{self.failed} of {self.sessions} sessions failed")
        if self.records and self.conflicts / self.records >= gate.conflicts_share:
            found.append(f"{self.conflicts} conflicts in {self.records} records")
        if self.p95_ms and self.base_p95_ms and self.p95_ms >= gate.p95_factor * self.base_p95_ms:
            found.append(f"p95 {self.p95_ms:.0f} ms against {self.base_p95_ms:.0f} ms before")
        return found

    def is_unsound(self, gate: Gate) -> bool:
        """Digests that do not agree: this wave stands still at once."""
        return self.mismatches > gate.mismatches

    def as_json(self) -> dict[str, Any]:
        """For the findings of a wave, which people read."""
        return asdict(self) | {"drained": round(self.drained, 3)}


def read_health(
    site_ids: Collection[int],
    *,
    since: datetime,
    until: datetime,
    started_records: int,
    base_p95_ms: float | None,
) -> Health:
    """Add up what these sites exchanged; the p95 is that of the centre, so of everybody."""
    sessions = SyncSession.objects.filter(received_at__gte=since, received_at__lte=until)
    mine = sessions.filter(device__site_id__in=site_ids).aggregate(
        count=Count("pk"),
        failed=Count("pk", filter=Q(outcome__in=[str(outcome) for outcome in _WENT_WRONG])),
        mismatches=Count("pk", filter=Q(is_mismatch=True)),
        out=Sum("records_out"),
        into=Sum("records_in"),
        conflicts=Sum("conflicts_flagged"),
    )
    waiting = SiteState.objects.filter(site_id__in=site_ids).aggregate(
        records=Sum("pending_records")
    )
    return Health(
        sessions=mine["count"],
        failed=mine["failed"],
        records=(mine["out"] or 0) + (mine["into"] or 0),
        conflicts=mine["conflicts"] or 0,
        mismatches=mine["mismatches"],
        p95_ms=p95_ms(since=since, until=until),
        base_p95_ms=base_p95_ms,
        started_records=started_records,
        pending_records=waiting["records"] or 0,
    )


def p95_ms(*, since: datetime, until: datetime) -> float | None:
    """The 95th percentile of how long a session took, at all sites; None: too few to say."""
    rows = SyncSession.objects.filter(received_at__gte=since, received_at__lte=until)
    newest = rows.exclude(duration_ms=None).order_by("-received_at")
    durations = newest.values_list("duration_ms", flat=True)[:_MOST_DURATIONS]
    return percentile(sorted(float(told) for told in durations if told is not None))


def percentile(sorted_values: Sequence[float], share: float = 0.95) -> float | None:
    """The value that so large a share stays below; None for fewer than twenty values."""
    if len(sorted_values) < 20:
        return None
    return float(sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * share))])
