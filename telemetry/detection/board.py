"""What the rules that ask the database themselves have in common: places, numbers, causes.

Such a rule is one query over the present state that lets only suspects through, with the mildest
numbers that hold anywhere; what the suspect's own place says is then asked of those few.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import QuerySet

from assets.models import Site
from assets.windows import sites_in_window
from telemetry.detection.tuning import Numbers, Tuning, read_tuning
from telemetry.models import Device, ObserverState, Signal, SignalRule
from telemetry.models.observer import UNSEEING
from telemetry.services.signal import Claim

_LARGE = (SignalRule.CENTRAL_DOWN, SignalRule.NETWORK_OUTAGE)


class Place(NamedTuple):
    """What a claim says about its site."""

    pk: int
    code: str
    name: str
    region_id: int
    sector: str
    criticality: int
    time_zone: str


@dataclass(frozen=True)
class Board:
    """Everything the asking rules share in one pass."""

    at: datetime
    places: Mapping[int, Place]
    tuning: Tuning = field(default_factory=Tuning)
    parents: Mapping[int, str] = field(default_factory=dict)
    in_window: frozenset[int] = frozenset()
    is_blind: bool = False

    def at_place(self, code: str, site_id: int) -> tuple[Place, Numbers] | None:
        """The place and its numbers; None when it is closed or the rule is off there."""
        place = self.places.get(site_id)
        if place is None:
            return None
        numbers = self.tuning.of(code, site_id, place.sector)
        return (place, numbers) if numbers.is_on else None


def read_board(at: datetime) -> Board:
    """Read it, in a fixed number of queries."""
    fields = ("pk", "code", "name", "region_id", "sector", "criticality", "time_zone")
    rows = Site.objects.open().values_list(*fields)
    large = Signal.objects.open().filter(rule__in=_LARGE, is_exercise=False)
    parents = {
        site_id: f"{rule}:{key}"
        for rule, key, site_ids in large.values_list("rule", "key", "site_ids")
        for site_id in site_ids
    }
    sight = ObserverState.objects.filter(pk=1).values_list("sight", flat=True).first()
    return Board(
        at,
        {row[0]: Place(*row) for row in rows},
        read_tuning(),
        parents,
        frozenset(sites_in_window(at)),
        sight in UNSEEING,
    )


def devices() -> QuerySet[Device]:
    """The devices a rule may speak of."""
    return Device.objects.in_service().exclude(state=None)


@dataclass(frozen=True)
class Subject:
    """The device or stream a claim is about."""

    place: Place
    name: str
    device_id: int | None = None
    stream_id: int | None = None
    asset_id: int | None = None
    is_stream: bool = False

    @property
    def key(self) -> str:
        """What it is called in keys: "SBY-02/till-1" or "SBY-02:sales"."""
        return f"{self.place.code}{':' if self.is_stream else '/'}{self.name}"


def claim_about(
    board: Board,
    rule: SignalRule,
    subject: Subject,
    *,
    title: str,
    severity: int,
    began_at: datetime,
    sums: Mapping[str, Any],
    params: Mapping[str, Any] | None = None,
) -> Claim:
    """A claim with everything that follows from its subject filled in."""
    place = subject.place
    words = {"site": f"{place.code} {place.name}", "device": subject.key, "stream": subject.name}
    return Claim(
        rule=rule,
        key=subject.key,
        parent_key=board.parents.get(place.pk, ""),
        severity=severity,
        title=title,
        params=words | dict(params or {}),
        sums=dict(sums),
        began_at=began_at,
        site_id=place.pk,
        region_id=place.region_id,
        device_id=subject.device_id,
        stream_id=subject.stream_id,
        asset_id=subject.asset_id,
        site_ids=(place.pk,),
    )


def moment(told: object) -> datetime | None:
    """A time out of a device's JSON; None when there is none, or it is unreadable."""
    with suppress(ValueError, TypeError):
        found = datetime.fromisoformat(str(told))
        return found if found.tzinfo else None
    return None


def number(told: object) -> float | None:
    """A number out of a device's JSON; a switch is no number."""
    if isinstance(told, bool) or not isinstance(told, int | float):
        return None
    return float(told)


def suspects(
    board: Board, code: str, rows: Iterator[Any] | QuerySet[Any, Any]
) -> Iterator[tuple[Place, Numbers, Any]]:
    """Each row whose second column is a site at which the rule is on, with place and numbers."""
    for row in rows:
        found = board.at_place(code, row[1])
        if found is not None:
            yield (*found, row)
