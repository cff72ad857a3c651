"""A fleet on paper: what is cut when, and what should be concluded from it. No database here."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

STEP = timedelta(seconds=15)
PERIOD_S = 60
CUT_FOR = timedelta(minutes=7)
SETTLE = timedelta(minutes=9)
WARM_UP = timedelta(minutes=4)
# Each site is off by itself once in five days, for three minutes to half an hour.
OWN_OUTAGE_EVERY_S = 5 * 86400
Cause = Literal["region", "provider", "shard", "centre", "portal", "power", "clock", "flood"]
ORDER: tuple[Cause, ...] = (
    "region", "provider", "shard", "centre", "portal", "power", "clock", "flood",
)  # fmt: skip


@dataclass(frozen=True)
class SimSite:
    """One site with one device."""

    number: int
    region: str
    provider: str
    shard: str
    phase: int

    def trait(self, name: str) -> str:
        """Its region, provider or shard."""
        return str(getattr(self, name))


@dataclass(frozen=True)
class Event:
    """Something that is done to the fleet; `key` is what detection should call it."""

    cause: Cause
    value: str
    begins: datetime
    ends: datetime
    sites: frozenset[int]
    key: str


@dataclass
class Plan:
    """A fleet, its shared events and its sites' own outages: all from one seed."""

    sites: list[SimSite]
    events: list[Event]
    own: list[tuple[int, datetime, datetime]] = field(default_factory=list)

    @property
    def ends(self) -> datetime:
        """When everything is over."""
        return max(event.ends for event in self.events) + SETTLE

    def down(self, at: datetime) -> frozenset[int]:
        """The sites that cannot be heard, whatever the portal's own link does."""
        alone = {n for n, begins, ends in self.own if begins <= at < ends}
        shared = (
            event.sites
            for event in self.events
            if event.cause in ("region", "provider", "shard", "power", "flood")
            and event.begins <= at < event.ends
        )
        return frozenset(alone.union(*shared))

    def running(self, cause: Cause, at: datetime) -> Event | None:
        """The event of a kind that goes on now."""
        return next((e for e in self.events if e.cause == cause and e.begins <= at < e.ends), None)


def make_plan(count: int, *, seed: int, begins: datetime) -> Plan:
    """Lay out the fleet and everything that happens to it."""
    dice = random.Random(seed)
    sites = [
        SimSite(
            number,
            f"R{min(int(dice.paretovariate(1.1)), 34):02d}",
            f"P{dice.randrange(17):02d}",
            f"S{dice.randrange(11):02d}",
            dice.randrange(PERIOD_S // int(STEP.total_seconds())),
        )
        for number in range(count)
    ]
    events = list(_events(sites, dice, begins + WARM_UP))
    plan = Plan(sites, events)
    plan.own = list(_own_outages(count, dice, begins, plan.ends))
    return plan


def _events(sites: list[SimSite], dice: random.Random, at: datetime) -> Iterator[Event]:
    for cause in ORDER:
        ends = at + CUT_FOR
        if cause in ("region", "provider", "shard", "flood"):
            name = "region" if cause == "flood" else cause
            members, value = _group(sites, name, dice)
            yield Event(cause, value, at, ends, members, f"network_outage:{name}:{value}")
        elif cause == "centre":
            yield Event(cause, "", at, ends, frozenset(), "central_down:central")
        elif cause == "portal":
            yield Event(cause, "", at, ends, frozenset(), "portal_blind:central")
        else:
            few = frozenset(dice.sample(range(len(sites)), 5))
            key = "sync_cut_off" if cause == "power" else "clock_jump"
            yield Event(cause, "", at, ends, few, key)
        at = ends + SETTLE


def _group(sites: list[SimSite], name: str, dice: random.Random) -> tuple[frozenset[int], str]:
    groups: dict[str, set[int]] = {}
    for site in sites:
        groups.setdefault(site.trait(name), set()).add(site.number)
    # Not the whole fleet, and not a handful.
    fitting = sorted(v for v, m in groups.items() if 8 <= len(m) <= len(sites) / 4)
    value = dice.choice(fitting)
    return frozenset(groups[value]), value


def _own_outages(
    count: int, dice: random.Random, begins: datetime, ends: datetime
) -> Iterator[tuple[int, datetime, datetime]]:
    at = begins
    while True:
        at += timedelta(seconds=dice.expovariate(count / OWN_OUTAGE_EVERY_S))
        if at >= ends:
            return
        yield dice.randrange(count), at, at + timedelta(seconds=dice.uniform(180, 1800))


@dataclass
class Told:
    """One signal as detection told it."""

    key: str
    opened_at: datetime
    parent: str


@dataclass(frozen=True)
class Finding:
    """Whether one event was told for what it was, and how soon."""

    event: Event
    delay: timedelta | None
    of: int = 1
    found: int = 0


@dataclass
class Report:
    """What came of it."""

    naive: int = 0
    ours: int = 0
    false_groups: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    slowest_s: float = 0.0
    median_s: float = 0.0


GROUPS = ("network_outage", "central_down", "portal_blind", "ingress_down")


def judge_run(plan: Plan, told: list[Told], naive: int) -> Report:
    """Hold what was told against what was done."""
    report = Report(naive=naive, ours=sum(not one.parent for one in told))
    for event in plan.events:
        window = (event.begins, event.ends + SETTLE)
        hits = [
            one
            for one in told
            if window[0] <= one.opened_at < window[1] and one.key.startswith(event.key)
        ]
        first = min((one.opened_at for one in hits), default=None)
        delay = first - event.begins if first else None
        # Few single things are told one by one; a shared outage is told once.
        of = len(event.sites) if event.cause in ("power", "clock") else 1
        report.findings.append(Finding(event, delay, of, min(len(hits), of)))
    for one in told:
        if one.key.startswith(GROUPS) and not _is_real(one, plan):
            report.false_groups.append(one.key)
    return report


def _is_real(one: Told, plan: Plan) -> bool:
    return any(
        event.begins <= one.opened_at < event.ends + SETTLE and one.key == event.key
        for event in plan.events
    )
