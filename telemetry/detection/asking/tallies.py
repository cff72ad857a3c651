"""Rules 6 and 8: one place whose bad sessions are far more than the fleet's, by Wilson's bound."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q, Sum
from django.utils.translation import gettext_noop

from telemetry.detection.board import Board, Subject, claim_about
from telemetry.detection.outcome import Outcome
from telemetry.detection.statistics import median, wilson_lower
from telemetry.models import SignalRule, SyncDay
from telemetry.services.signal import Claim

# A fleet without a single fault would make the first one infinitely suspicious.
LEAST_MEDIAN = 0.01
# Let go when it is down to so much of what raised it.
CLEAR = 0.6


@dataclass(frozen=True)
class Tally:
    """What the days of one site came to."""

    site_id: int
    sessions: int
    failed: int
    mismatches: int
    records: int
    rejected: int
    duplicates: int

    @property
    def bad_records(self) -> int:
        """Records that should not have come like this."""
        return self.rejected + self.duplicates


_SUMS = ("sessions", "failed", "mismatches", "records", "rejected", "duplicates")


def read_tallies(board: Board, bad: Q, *, days: int) -> list[Tally]:
    """The sums of every site that had something bad within so many days."""
    since = (board.at - timedelta(days=days)).date()
    within = SyncDay.objects.filter(day__gte=since, device__revoked_at=None)
    rows = (
        within.filter(device__site__in=within.filter(bad).values("device__site"))
        .values("device__site")
        .annotate(**{f"all_{name}": Sum(name) for name in _SUMS})
        .values_list("device__site", *(f"all_{name}" for name in _SUMS))
    )
    return [Tally(*row) for row in rows]


def fleet_median(rates: Iterable[float], members: int) -> float:
    """The median of all sites; those that had nothing bad are not read and count as none."""
    told = list(rates)
    return max(median([0.0] * max(members - len(told), 0) + told), LEAST_MEDIAN)


def suspect_sources(board: Board) -> list[Outcome]:
    """A site that spoils far more than its share; a freeze is proposed and never ordered here."""
    rule = SignalRule.SUSPECT_SOURCE
    bad = Q(mismatches__gt=0) | Q(rejected__gt=0) | Q(duplicates__gt=0)
    tallies = read_tallies(board, bad, days=1)
    by_session = fleet_median(
        (t.mismatches / max(t.sessions, 1) for t in tallies), len(board.places)
    )
    by_record = fleet_median(
        (t.bad_records / max(t.records, 1) for t in tallies), len(board.places)
    )
    claims: list[Claim] = []
    still: set[str] = set()
    for tally in tallies:
        found = board.at_place(rule, tally.site_id)
        if found is None:
            continue
        place, numbers = found
        weighed = [
            (tally.mismatches, tally.sessions, by_session, numbers["min_mismatches"], "sessions"),
            (tally.bad_records, tally.records, by_record, numbers["min_bad_records"], "records"),
        ]
        for hits, tries, middle, least, of in weighed:
            limit = numbers["times_median"] * middle
            lower = wilson_lower(hits, tries)
            if hits < least or lower <= limit * CLEAR:
                continue
            still.add(place.code)
            if lower > limit:
                sums = _sums(hits, tries, lower, limit) | {"of": of, "proposal": "freeze"}
                title = gettext_noop("%(site)s is suspected to be the source of bad data")
                claims.append(_claim(board, rule, tally.site_id, title, 2, sums))
                break
    return [Outcome(rule, claims, keep=still.__contains__)]


def frequent_failures(board: Board) -> list[Outcome]:
    """A place where sync fails far more often than elsewhere, over a week."""
    rule, code = SignalRule.FREQUENT_FAILURES, SignalRule.FREQUENT_FAILURES
    tallies = read_tallies(board, Q(failed__gt=0), days=7)
    middle = fleet_median((t.failed / max(t.sessions, 1) for t in tallies), len(board.places))
    claims: list[Claim] = []
    still: set[str] = set()
    for tally in tallies:
        found = board.at_place(code, tally.site_id)
        if found is None:
            continue
        place, numbers = found
        limit = numbers["times_median"] * middle
        lower = wilson_lower(tally.failed, tally.sessions)
        if tally.failed < numbers["min_failures"] or lower <= limit * CLEAR:
            continue
        still.add(place.code)
        if lower > limit:
            sums = _sums(tally.failed, tally.sessions, lower, limit) | {"of": "sessions", "days": 7}
            title = gettext_noop("Sync at %(site)s fails far more often than elsewhere")
            claims.append(_claim(board, rule, tally.site_id, title, 3, sums))
    return [Outcome(rule, claims, keep=still.__contains__)]


def _sums(hits: int, tries: int, lower: float, limit: float) -> dict[str, object]:
    """Rounded to what matters, so that each further session is no news."""
    return {
        "hits": two_digits(hits),
        "tries": two_digits(tries),
        "wilson": round(lower, 2),
        "limit_share": round(limit, 3),
    }


def two_digits(count: int) -> int:
    """12345 -> 12000: it moves when it matters."""
    size = int(10 ** max(len(str(abs(count))) - 2, 0))
    return count // size * size


def _claim(
    board: Board, rule: SignalRule, site_id: int, title: str, severity: int, sums: dict[str, object]
) -> Claim:
    place = board.places[site_id]
    return claim_about(
        board,
        rule,
        SiteSubject(place, place.name),
        title=title,
        severity=severity,
        began_at=board.at,
        sums=sums,
    )


@dataclass(frozen=True)
class SiteSubject(Subject):
    """A claim about a site as a whole: its key is its code."""

    @property
    def key(self) -> str:
        """The code alone."""
        return self.place.code
