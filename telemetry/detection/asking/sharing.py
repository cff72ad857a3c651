"""Rules 5 and 15, about the fleet as a whole: floods of conflicts, and whose input is refused."""

import math
from collections import Counter
from datetime import timedelta

from django.db.models import Min, QuerySet, Sum
from django.db.models.fields.json import KeyTextTransform
from django.utils.translation import gettext_noop

from telemetry.detection.asking.tallies import two_digits
from telemetry.detection.board import Board
from telemetry.detection.outcome import Outcome
from telemetry.detection.shared_fate import MAX_CHANCE
from telemetry.detection.statistics import poisson_tail
from telemetry.models import DeviceState, SignalRule, SyncDay
from telemetry.services.signal import Claim

BASE_DAYS = 30
CLEAR_CHANCE = 1e-3


def floods_of_conflicts(board: Board) -> list[Outcome]:
    """A flood, beside the mismatches that the first pass finds and closes under the same rule."""
    flood = _flood(board)
    return [Outcome(SignalRule.MASS_INCONSISTENCY, flood, keep="conflicts".__ne__)]


def _flood(board: Board) -> list[Claim]:
    """Conflicts flagged today against those of a usual day: P(Pois(usual) >= today)."""
    numbers = board.tuning.of(SignalRule.MASS_INCONSISTENCY)
    today = board.at.date()
    rows = SyncDay.objects.filter(conflicts__gt=0, day__gte=today - timedelta(days=BASE_DAYS))
    by_day = dict(rows.values("day").annotate(all=Sum("conflicts")).values_list("day", "all"))
    seen = by_day.pop(today, 0)
    if not numbers.is_on or seen < numbers["min_conflicts"]:
        return []
    first = SyncDay.objects.aggregate(first=Min("day"))["first"] or today
    days = min(max((today - first).days, 1), BASE_DAYS)
    usual = max(sum(by_day.values()) / days, 1.0)
    chance = poisson_tail(usual, seen)
    if chance >= MAX_CHANCE:
        return []
    return [
        Claim(
            rule=SignalRule.MASS_INCONSISTENCY,
            key="conflicts",
            severity=2,
            title=gettext_noop("Far more conflicts today than on a usual day"),
            sums={
                "conflicts": two_digits(seen),
                "usual": round(usual, 1),
                "chance": power_of_ten(chance),
            },
            began_at=board.at.replace(hour=0, minute=0, second=0, microsecond=0),
        )
    ]


def power_of_ten(chance: float) -> float:
    """1e-28 and not 1.37e-28: the order is the news."""
    return 10.0 ** math.floor(math.log10(max(chance, 1e-300)))


def bad_inputs(board: Board) -> list[Outcome]:
    """Refused records of two days that one site, version or person explains better than chance.

    Of R refused records, r come from the value; it sent the share s of all records. Then
    P(Pois(R s) >= r) is the chance that the refused ones fell on it by accident.
    """
    rule = SignalRule.BAD_INPUT
    numbers = board.tuning.of(rule)
    since = (board.at - timedelta(days=1)).date()
    within = SyncDay.objects.filter(day__gte=since, device__revoked_at=None)
    spoiled = within.filter(rejected__gt=0).values_list(
        "device__site_id", "device_id", "rejected", "bad_users"
    )
    rejects: Counter[tuple[str, str]] = Counter()
    devices: Counter[int] = Counter()
    for site_id, device_id, rejected, users in spoiled:
        place = board.places.get(site_id)
        if place is None:
            continue
        rejects["site", place.code] += rejected
        devices[device_id] += rejected
        rejects += Counter({("user", str(name)): int(count) for name, count in users.items()})
    total = sum(devices.values())
    if not numbers.is_on or total < numbers["min_rejects"]:
        return [Outcome(rule)]
    sent = _sent(board, within, list(devices))
    rejects += _by_version(devices)
    everything = max(sent["all", ""], 1)
    claims: list[Claim] = []
    still: set[str] = set()
    for (field, value), bad in rejects.most_common(50):
        share = min(max(sent[field, value] / everything, 1 / max(len(board.places), 2)), 1.0)
        chance = poisson_tail(total * share, bad)
        key = f"{field}:{value}"
        if bad / total >= numbers["min_share"] / 2 and chance < CLEAR_CHANCE:
            still.add(key)
        if bad < numbers["min_rejects"] or bad / total < numbers["min_share"]:
            continue
        if chance < MAX_CHANCE:
            claims.append(_claim(board, field, value, bad, total, share, chance))
    return [Outcome(rule, claims, keep=still.__contains__)]


def _sent(board: Board, within: QuerySet[SyncDay], hit: list[int]) -> Counter[tuple[str, str]]:
    """Records by site and by version, and all; nobody counts those of a single person."""
    sent: Counter[tuple[str, str]] = Counter()
    of_sites = within.filter(device__in=hit).values("device__site_id").annotate(all=Sum("records"))
    for row in of_sites:
        place = board.places.get(row["device__site_id"])
        if place is not None:
            sent["site", place.code] += row["all"] or 0
    # All versions at once: asked for one of them, a store guesses that few devices run it.
    version = KeyTextTransform("version", "device__state__app")
    for told, records in within.values_list(version).annotate(all=Sum("records")).order_by():
        sent["all", ""] += records or 0
        if told:
            sent["version", str(told)] += records or 0
    return sent


def _by_version(devices: Counter[int]) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    rows = DeviceState.objects.filter(device__in=list(devices)).values_list("pk", "app__version")
    for pk, version in rows:
        if version:
            found["version", str(version)] += devices[pk]
    return found


_TITLES = {
    "site": gettext_noop("Bad input comes from the site %(value)s"),
    "version": gettext_noop("Bad input comes from app version %(value)s"),
    "user": gettext_noop("Bad input comes from %(value)s"),
}


def _claim(
    board: Board, field: str, value: str, bad: int, total: int, share: float, chance: float
) -> Claim:
    place = next((p for p in board.places.values() if p.code == value), None)
    site = place if field == "site" else None
    return Claim(
        rule=SignalRule.BAD_INPUT,
        key=f"{field}:{value}"[:160],
        severity=3,
        title=_TITLES[field],
        params={"value": value},
        sums={
            "rejects": two_digits(bad),
            "of_rejects": two_digits(total),
            "share_sent": round(share, 2),
            "chance": power_of_ten(chance),
        },
        began_at=board.at - timedelta(days=1),
        site_id=site.pk if site else None,
        region_id=site.region_id if site else None,
        site_ids=(site.pk,) if site else (),
    )
