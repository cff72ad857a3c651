"""The picture of a rebuild: what each stream's site holds, step by step, and what nobody holds."""

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bcp_portal.accounts.models import User
from telemetry.ingest import ranges
from telemetry.models import (
    Device,
    NodeState,
    Rebuild,
    SequenceLedger,
    Stream,
    StreamState,
    SyncOutcome,
    SyncSession,
)
from telemetry.rebuilding.hours import Held, Holder, Told, held, steps

_GONE = (NodeState.LOST,)
_SILENT = (NodeState.OFFLINE, NodeState.DARK, NodeState.STALE)


@dataclass(frozen=True)
class Span:
    """Steps in a row about which the same is known."""

    begins_at: datetime
    ends_at: datetime
    held: Held
    steps: int


@dataclass(frozen=True)
class Bar:
    """A span as it is drawn: on a line of a hundred."""

    x: float
    width: float
    begins_at: datetime
    ends_at: datetime
    held: Held


@dataclass(frozen=True)
class Line:
    """One stream of one site."""

    stream_id: int
    site: str
    site_name: str
    stream: str
    is_reachable: bool
    last_told_at: datetime | None
    spans: list[Span]
    # Own telemetry of the site's devices that was lost for good, as numbers of samples.
    samples_lost: int

    def count(self, *which: Held) -> int:
        """Steps about which this is known."""
        return sum(span.steps for span in self.spans if span.held in which)

    def bars(self) -> list[Bar]:
        """The spans as a picture."""
        whole = sum(span.steps for span in self.spans)
        bars, position = [], 0
        for span in self.spans:
            x, width = 100 * position / whole, 100 * span.steps / whole
            bars.append(Bar(round(x, 3), round(width, 3), span.begins_at, span.ends_at, span.held))
            position += span.steps
        return bars


@dataclass(frozen=True)
class Coverage:
    """All streams that the asker may see."""

    since: datetime
    until: datetime
    step: timedelta
    lines: list[Line]
    totals: dict[Held, int]

    @property
    def lost(self) -> list[tuple[Line, Span]]:
        """What nobody holds."""
        return self._with(Held.LOST)

    @property
    def to_ask(self) -> list[tuple[Line, Span]]:
        """What nobody has told about."""
        return self._with(Held.UNKNOWN)

    def as_json(self) -> dict[str, Any]:
        """For the row that keeps how it was."""
        return {
            "step_s": self.step.total_seconds(),
            "streams": len(self.lines),
            "steps": {str(which): count for which, count in self.totals.items()},
            "lost": [
                [line.site, line.stream, span.begins_at.isoformat(), span.ends_at.isoformat()]
                for line, span in self.lost[:200]
            ],
        }

    def _with(self, which: Held) -> list[tuple[Line, Span]]:
        return [(line, span) for line in self.lines for span in line.spans if span.held == which]


def coverage(rebuild: Rebuild, *, user: User) -> Coverage:
    """Read what is known of the lost span; five questions, however many sites there are."""
    since, until = rebuild.restored_to, rebuild.lost_at
    begins = steps(since, until)
    streams = list(
        Stream.objects.visible_to(user).select_related("site__state").order_by("site__code", "name")
    )
    sites = {stream.site_id for stream in streams}
    told = _told(sites, since)
    pending = dict(
        StreamState.objects.filter(stream__in=[stream.pk for stream in streams])
        .filter(pending_records__gt=0)
        .values_list("stream_id", "oldest_pending_at")
    )
    heard, in_service = _devices(sites)
    lost = _lost_samples(sites)
    lines = []
    for stream in streams:
        syncs = told.get((stream.site_id, stream.name), [])
        if not syncs and stream.pk not in pending and not _has_content(stream):
            continue
        state = getattr(stream.site, "state", None)
        is_gone = stream.site_id not in in_service or (
            state is not None and state.node_state in _GONE
        )
        of = Holder(heard.get(stream.site_id), pending.get(stream.pk), is_gone)
        lines.append(
            Line(
                stream_id=stream.pk,
                site=stream.site.code,
                site_name=stream.site.name,
                stream=stream.name,
                is_reachable=state is not None and state.node_state not in _SILENT,
                last_told_at=syncs[-1].at if syncs else None,
                spans=_join(begins, until, held(begins, until, syncs, of)),
                samples_lost=lost.get(stream.site_id, 0),
            )
        )
    totals = Counter(span.held for line in lines for span in line.spans for _ in range(span.steps))
    step = begins[1] - begins[0] if len(begins) > 1 else until - since
    return Coverage(since, until, step, lines, {which: totals[which] for which in Held})


def _has_content(stream: Stream) -> bool:
    # The agent's own queue is no business of the centre.
    return stream.asset_id is not None or stream.criticality in ("critical", "important")


def _told(sites: Collection[int], since: datetime) -> dict[tuple[int, str], list[Told]]:
    """Syncs that worked, by site and stream, oldest first."""
    rows = (
        SyncSession.objects.filter(
            device__site_id__in=sites,
            started_at__gte=since,
            outcome__in=(SyncOutcome.OK, SyncOutcome.PARTIAL),
        )
        .exclude(direction="pull")
        .order_by("started_at")
        .values_list(
            "device__site_id", "stream_name", "started_at", "is_mismatch",
            "digest_after", "digest_peer_after",
        )
    )  # fmt: skip
    found: defaultdict[tuple[int, str], list[Told]] = defaultdict(list)
    for site_id, name, at, is_mismatch, ours, theirs in rows.iterator(chunk_size=2000):
        is_proven = bool(ours and theirs) and not is_mismatch
        found[site_id, name].append(Told(at, is_proven, is_mismatch))
    return dict(found)


def _devices(sites: Collection[int]) -> tuple[dict[int, datetime], set[int]]:
    """When each site was heard last, and which of them still have a device in service."""
    rows = Device.objects.filter(site_id__in=sites, revoked_at=None, retired_at=None).values_list(
        "site_id", "state__last_received_at"
    )
    heard: dict[int, datetime] = {}
    in_service: set[int] = set()
    for site_id, at in rows:
        in_service.add(site_id)
        if at is not None and at > heard.get(site_id, at - timedelta(1)):
            heard[site_id] = at
    return heard, in_service


def _lost_samples(sites: Collection[int]) -> dict[int, int]:
    """Numbered samples that never came and were not declared as dropped."""
    rows = SequenceLedger.objects.filter(device__site_id__in=sites).values_list(
        "device__site_id", "received", "dropped"
    )
    found: Counter[int] = Counter()
    for site_id, received, dropped in rows:
        found[site_id] += ranges.count(ranges.losses(received, dropped))
    return dict(found)


def _join(begins: list[datetime], until: datetime, states: list[Held]) -> list[Span]:
    """Neighbours of the same kind are one span."""
    ends = [*begins[1:], until]
    spans: list[Span] = []
    for begin, end, state in zip(begins, ends, states, strict=True):
        if spans and spans[-1].held == state:
            spans[-1] = Span(spans[-1].begins_at, end, state, spans[-1].steps + 1)
        else:
            spans.append(Span(begin, end, state, 1))
    return spans
