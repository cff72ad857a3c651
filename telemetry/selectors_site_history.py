"""Read model: what a site was in the last thirty days, what it could reach, how it is guarded."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from assets.models import Site
from telemetry.keeping.levels import HOUR_S, Bin, begins, waiting
from telemetry.keeping.reading import bins_between
from telemetry.models import Device, NodeState, SiteSpan

DAYS, REACH_HOURS, SHOWN_SPANS = 30, 24, 12
LADDER = ("gateway", "dns", "internet", "central", "portal")
_NOT_WATCHED = "unwatched"
# In these nobody can say whether the site was up: they are in no figure.
_LEFT_OUT = frozenset({NodeState.UNKNOWN.value, NodeState.NEVER.value, _NOT_WATCHED})
_UP = frozenset({NodeState.ONLINE.value, NodeState.CONNECTED.value, NodeState.SUSPECT.value})
POSTURE_WORDS = {
    "disk_encrypted": _("disk encrypted"),
    "local_db_encrypted": _("local database encrypted"),
    "av_running": _("virus scanner running"),
    "firewall_on": _("firewall on"),
    "usb_storage_blocked": _("USB storage blocked"),
    "app_permissions_ok": _("app permissions as agreed"),
    "auth_required": _("sign-in required"),
    "vpn_up": _("VPN up"),
    "av_signature_age_h": _("hours since virus signatures"),
    "os_patched_age_d": _("days since system updates"),
    "autolock_s": _("seconds until the screen locks"),
}


@dataclass(frozen=True)
class Band:
    """One stretch of the strip; `x` and `width` are thousandths of it."""

    state: str
    label: str
    began_at: datetime
    ended_at: datetime
    x: float
    width: float

    @property
    def lasted(self) -> timedelta:
        """How long it was so."""
        return self.ended_at - self.began_at


@dataclass(frozen=True)
class RungDay:
    """One rung of the ladder over a day: an hour each, in per cent; None: nobody asked."""

    name: str
    hours: list[tuple[datetime, int | None]]
    share: int | None
    rtt_ms: int | None


@dataclass(frozen=True)
class Guard:
    """How one device is guarded, when its backup worked, and how true its clock is."""

    device: Device
    checks: list[tuple[str, Any, bool]]
    told_at: str
    backup: dict[str, Any]
    clock_offset_ms: int | None
    clock_uncertainty_ms: int | None


@dataclass(frozen=True)
class SiteHistory:
    """What the history part of the site page shows."""

    site: Site
    bands: list[Band]
    newest: list[Band]
    hidden_spans: int
    up_share: float | None
    known_share: int
    rungs: list[RungDay]
    queue: list[int]
    guards: list[Guard]


def site_history(site: Site, *, at: datetime) -> SiteHistory:
    """Gather the history of a site in a fixed number of queries, at any length of history."""
    since = at - timedelta(days=DAYS)
    bands = _bands(site, since=since, at=at)
    devices = list(site.devices.in_service().select_related("state").order_by("name"))
    pks = [device.pk for device in devices]
    bins = bins_between(pks, begins_at=since, ends_at=at, span_s=HOUR_S)
    known = [band for band in bands if band.state not in _LEFT_OUT]
    known_s = sum(band.lasted.total_seconds() for band in known)
    up_s = sum(band.lasted.total_seconds() for band in known if band.state in _UP)
    return SiteHistory(
        site=site,
        bands=bands,
        newest=bands[::-1][:SHOWN_SPANS],
        hidden_spans=max(0, len(bands) - SHOWN_SPANS),
        up_share=round(100 * up_s / known_s, 1) if known_s else None,
        known_share=round(100 * known_s / (at - since).total_seconds()),
        rungs=_rungs(bins.values(), at=at),
        queue=_queue(bins.values()),
        guards=[guard_of(device) for device in devices],
    )


def _bands(site: Site, *, since: datetime, at: datetime) -> list[Band]:
    rows = SiteSpan.objects.filter(site=site, began_at__lt=at).filter(
        Q(ended_at=None) | Q(ended_at__gt=since)
    )
    bands: list[Band] = []
    here = since
    for row in rows.order_by("began_at"):
        starts, ends = max(row.began_at, since), min(row.ended_at or at, at)
        if starts > here:
            bands.append(_band(_NOT_WATCHED, str(_("not watched")), here, starts, since, at))
        if ends > starts:
            label = str(row.get_state_display())
            bands.append(_band(row.state, label, starts, ends, since, at))
            here = ends
    if here < at:
        bands.append(_band(_NOT_WATCHED, str(_("not watched")), here, at, since, at))
    return bands


def _band(
    state: str, label: str, starts: datetime, ends: datetime, since: datetime, at: datetime
) -> Band:
    whole = (at - since).total_seconds()
    x = 1000 * (starts - since).total_seconds() / whole
    width = 1000 * (ends - starts).total_seconds() / whole
    # A minute in thirty days is narrower than a pixel; it happened all the same.
    return Band(state, label, starts, ends, round(x, 2), round(max(width, 1.5), 2))


def _rungs(lists: Iterable[list[Bin]], *, at: datetime) -> list[RungDay]:
    first = at.replace(minute=0, second=0, microsecond=0) - timedelta(hours=REACH_HOURS - 1)
    hours = [first + timedelta(hours=number) for number in range(REACH_HOURS)]
    counted: dict[tuple[str, datetime], dict[str, int]] = {}
    for one in (one for bins in lists for one in bins if begins(one) >= first):
        for name, told in one["reach"].items():
            known = counted.setdefault((name, begins(one)), {})
            for word, number in told.items():
                known[word] = known.get(word, 0) + number
    return [_rung(name, hours, counted) for name in LADDER]


def _rung(
    name: str, hours: list[datetime], counted: dict[tuple[str, datetime], dict[str, int]]
) -> RungDay:
    told = [counted.get((name, hour)) for hour in hours]
    some = [one for one in told if one]
    timed = sum(one["timed"] for one in some)
    return RungDay(
        name=name,
        hours=[
            (hour, _share([one]) if one else None) for hour, one in zip(hours, told, strict=True)
        ],
        share=_share(some) if some else None,
        rtt_ms=round(sum(one["rtt_ms"] for one in some) / timed) if timed else None,
    )


def _share(told: list[dict[str, int]]) -> int:
    return 100 * sum(one["ok"] for one in told) // max(1, sum(one["asked"] for one in told))


def _queue(lists: Iterable[list[Bin]]) -> list[int]:
    most: dict[datetime, int] = {}
    for one in (one for bins in lists for one in bins):
        most[begins(one)] = most.get(begins(one), 0) + waiting(one)
    return [most[hour] for hour in sorted(most)]


def guard_of(device: Device) -> Guard:
    """What a device last told of its protection, its backup and its clock."""
    state = getattr(device, "state", None)
    posture = state.posture if state else {}
    return Guard(
        device=device,
        checks=[
            (str(POSTURE_WORDS[name]), posture[name], posture[name] is False)
            for name in POSTURE_WORDS
            if name in posture
        ],
        told_at=str(posture.get("at", "")),
        backup=state.backup if state else {},
        clock_offset_ms=state.clock_offset_ms if state else None,
        clock_uncertainty_ms=state.clock_uncertainty_ms if state else None,
    )
