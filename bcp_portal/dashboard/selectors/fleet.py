"""All sites together: how many are in which state, which are not well, and the last hour."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from django.db.models import Count, Q

from assets.models import Site
from bcp_portal.accounts.models import User
from bcp_portal.dashboard.links import site_url
from bcp_portal.dashboard.looks import LOOKS, URGENCY, Look, state_of
from telemetry.models import NodeState, ObserverState, Signal, SignalRule

HOUR = timedelta(hours=1)
STEPS = 60
LISTED = 60
FOREVER = datetime.max.replace(tzinfo=UTC)
Span = tuple[int | None, datetime, datetime | None]
UNWATCHED = (NodeState.NEVER, NodeState.UNKNOWN, NodeState.PLANNED_OFFLINE, NodeState.MAINTENANCE)


@dataclass(frozen=True)
class StateCount:
    """How many sites are in one state, and how it looks."""

    state: NodeState
    look: Look
    count: int


@dataclass(frozen=True)
class SiteLine:
    """A site that is not simply online, for people who read rather than look."""

    code: str
    name: str
    region: str
    url: str
    state: NodeState
    since: datetime | None
    pending: int


@dataclass(frozen=True)
class Fleet:
    """The fleet in numbers, with the sites that are not well by name."""

    counts: list[StateCount]
    total: int
    lines: list[SiteLine]


def fleet(user: User) -> Fleet:
    """Count the sites a person may see, and name those that are not online: two queries."""
    sites = Site.objects.visible_to(user).open()
    counted: dict[NodeState, int] = {}
    for row in sites.values("state__node_state").annotate(n=Count("pk")).order_by():
        state = state_of(row["state__node_state"])
        counted[state] = counted.get(state, 0) + row["n"]
    return Fleet(
        counts=[
            StateCount(state=state, look=LOOKS[state], count=counted[state])
            for state in reversed(URGENCY)
            if state in counted
        ],
        total=sum(counted.values()),
        lines=_lines(user),
    )


def _lines(user: User) -> list[SiteLine]:
    rows = (
        Site.objects.visible_to(user)
        .open()
        .exclude(state__node_state=NodeState.ONLINE)
        .order_by("criticality", "code")
        .values_list(
            "code",
            "name",
            "region__name",
            "state__node_state",
            "state__since",
            "state__pending_records",
        )[:LISTED]
    )
    lines = [
        SiteLine(
            code=code,
            name=name,
            region=region,
            url=site_url(code),
            state=state_of(stored),
            since=since,
            pending=pending or 0,
        )
        for code, name, region, stored, since, pending in rows
    ]
    return sorted(lines, key=lambda line: URGENCY.index(line.state))


@dataclass(frozen=True)
class FleetStrip:
    """The last hour, a point a minute: how many sites we heard, how many were silent."""

    heard: str
    silent: str
    watched: int
    # Sites of which nothing is known right now; on the worst day all of them.
    unseen: int
    heard_now: int
    silent_now: int
    arrivals: float | None
    expected: float | None
    changes: list[int]


def fleet_strip(user: User, *, at: datetime) -> FleetStrip:
    """Draw the last hour from the conclusions about silence: three queries."""
    states = Site.objects.visible_to(user).open().filter(state__isnull=False)
    count = states.aggregate(
        watched=Count("pk", filter=~Q(state__node_state__in=UNWATCHED)),
        unseen=Count("pk", filter=Q(state__node_state=NodeState.UNKNOWN)),
    )
    watched: int = count["watched"]
    spans = list(
        Signal.objects.visible_to(user)
        .filter(rule=SignalRule.SITE_SILENT, is_exercise=False)
        .filter(Q(closed_at=None) | Q(closed_at__gte=at - HOUR))
        .values_list("site", "began_at", "closed_at")
    )
    silent = [_silent_at(spans, at - HOUR + HOUR * step / STEPS) for step in range(STEPS + 1)]
    highest = max(watched, *silent, 1)
    observer = ObserverState.objects.first()
    return FleetStrip(
        heard=_points([max(0, watched - count) for count in silent], highest),
        silent=_points(silent, highest),
        watched=watched,
        unseen=count["unseen"],
        heard_now=max(0, watched - silent[-1]),
        silent_now=silent[-1],
        arrivals=round(observer.arrivals, 1) if observer else None,
        expected=round(observer.expected, 1) if observer else None,
        changes=_jumps(silent),
    )


def _silent_at(spans: Sequence[Span], moment: datetime) -> int:
    """How many sites were silent at a moment."""
    return len({site for site, began, closed in spans if began <= moment < (closed or FOREVER)})


def _points(values: list[int], highest: int) -> str:
    width = 1000 / STEPS
    return " ".join(
        f"{position * width:.1f},{96 - 90 * value / highest:.1f}"
        for position, value in enumerate(values)
    )


def _jumps(values: list[int]) -> list[int]:
    """Where on the strip the number of silent sites rose: those moments get a mark."""
    width = 1000 / STEPS
    steps = enumerate(pairwise(values), start=1)
    return [round(width * step) for step, (old, new) in steps if new > old]
