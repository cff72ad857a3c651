"""Ranges hold exactly the numbers that sets hold."""

from hypothesis import given
from hypothesis import strategies as st

from telemetry.ingest import ranges

NUMBERS = st.sets(st.integers(1, 60), max_size=40)
PAIRS = st.lists(st.tuples(st.integers(1, 60), st.integers(1, 60)), max_size=12)


def held(pairs):
    return {number for first, last in pairs for number in range(first, last + 1)}


@given(NUMBERS)
def test_ranges_hold_the_numbers_they_were_made_of(numbers):
    assert held(ranges.of_numbers(numbers)) == numbers


@given(PAIRS)
def test_normal_ranges_are_sorted_and_never_touch(pairs):
    normal = ranges.normalise(pairs)

    assert all(first <= last for first, last in normal)
    assert all(normal[i][1] + 1 < normal[i + 1][0] for i in range(len(normal) - 1))
    assert held(normal) == held(pairs)


@given(PAIRS, PAIRS)
def test_merging_is_union_in_any_order(one, other):
    merged = ranges.merge(one, other)

    assert merged == ranges.merge(other, one)
    assert held(merged) == held(one) | held(other)


@given(PAIRS)
def test_merging_again_changes_nothing(pairs):
    once = ranges.normalise(pairs)

    assert ranges.merge(once, pairs) == once


@given(PAIRS, PAIRS)
def test_subtracting_leaves_what_was_not_taken(whole, taken):
    assert held(ranges.subtract(whole, taken)) == held(whole) - held(taken)


@given(PAIRS)
def test_gaps_are_what_is_missing_up_to_the_highest(pairs):
    numbers = held(pairs)
    missing = set(range(1, max(numbers, default=0) + 1)) - numbers

    assert held(ranges.gaps(pairs)) == missing


@given(PAIRS, PAIRS)
def test_a_declared_gap_is_no_loss(received, dropped):
    assert held(ranges.losses(received, dropped)) == held(ranges.gaps(received)) - held(dropped)


@given(PAIRS, st.integers(1, 60))
def test_a_number_is_held_or_not(pairs, number):
    assert ranges.holds(pairs, number) == (number in held(pairs))


@given(PAIRS)
def test_counting_counts_each_number_once(pairs):
    assert ranges.count(pairs) == len(held(pairs))
