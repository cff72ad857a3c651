"""Proof: what achievements say about a target, as a table."""

from datetime import timedelta

import pytest
from django.utils import timezone

from assets.proof import FRESH_FOR, ProofState, Trial, honest_bound, prove
from assets.selectors.history import shown
from tests.make import NOON

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def trials(*hours):
    """Recoveries on consecutive days, the last one the day before noon."""
    return [
        Trial(hour * HOUR, NOON - (len(hours) - index) * DAY) for index, hour in enumerate(hours)
    ]


@pytest.mark.parametrize(
    ("target", "took", "state"),
    [
        (None, [], ProofState.UNKNOWN),
        (None, [1], ProofState.UNKNOWN),
        (2, [], ProofState.CLAIMED),
        (2, [1], ProofState.PROVEN),
        (2, [2], ProofState.PROVEN),
        (2, [3], ProofState.DISPROVED),
        (2, [3, 1], ProofState.PROVEN),
        (2, [1, 1, 3], ProofState.DISPROVED),
        (0, [0], ProofState.PROVEN),
        (0, [1], ProofState.DISPROVED),
    ],
)
def test_the_latest_recovery_decides(target, took, state):
    target = None if target is None else target * HOUR

    assert prove(target, trials(*took), at=NOON).state == state


def test_a_proof_goes_stale_after_a_year():
    old = [Trial(HOUR, NOON - FRESH_FOR - DAY)]

    assert prove(2 * HOUR, old, at=NOON).state == ProofState.STALE


@pytest.mark.parametrize(
    ("met", "of", "share"),
    # The lower end of the Wilson score interval at 95 %.
    [(3, 3, 44), (1, 1, 21), (10, 10, 72), (0, 3, 0), (2, 3, 21), (0, 0, 0)],
)
def test_three_of_three_is_at_least_forty_four_per_cent(met, of, share):
    assert honest_bound(met, of) == share


def test_median_and_ninetieth_are_those_of_all_recoveries():
    proof = prove(4 * HOUR, trials(1, 2, 3, 4, 9), at=NOON)

    assert (proof.met, proof.trials) == (4, 5)
    assert (proof.median, proof.p90, proof.latest) == (3 * HOUR, 9 * HOUR, 9 * HOUR)


def test_moments_of_the_history_are_told_in_the_zone_of_the_reader():
    with timezone.override("Asia/Jakarta"):
        told = shown("2025-02-06T01:25:07.146708+00:00")

    assert "8:25" in told
    assert "2025" in told
    assert shown("2025-99-06T01:25:07+00:00") == "2025-99-06T01:25:07+00:00"
    assert shown("2025-02-06T") == "2025-02-06T"


def test_numbers_of_the_history_are_written_out():
    assert shown(18_000_000.0) == "18,000,000"
    assert shown(0.5) == "0.5"
    assert shown(True) == "Yes"
