"""Received sequence numbers kept as ranges, so that repeats and losses fall out of arithmetic.

A range is a pair of inclusive ends. A list of ranges is *normal* when it is sorted, and no two
of its ranges touch; every function here takes ranges in any order and gives a normal list.
"""

from collections.abc import Iterable, Sequence

Range = tuple[int, int]


def normalise(ranges: Iterable[Sequence[int]]) -> list[Range]:
    """Sort ranges and join those that overlap or touch; an inverted range holds nothing."""
    normal: list[Range] = []
    for first, last in sorted((pair[0], pair[1]) for pair in ranges):
        if first > last:
            continue
        if normal and first <= normal[-1][1] + 1:
            start, end = normal[-1]
            normal[-1] = (start, max(end, last))
        else:
            normal.append((first, last))
    return normal


def of_numbers(numbers: Iterable[int]) -> list[Range]:
    """The ranges that hold exactly these numbers."""
    return normalise((number, number) for number in numbers)


def merge(*parts: Iterable[Sequence[int]]) -> list[Range]:
    """Everything that is in any of the parts."""
    return normalise(pair for part in parts for pair in part)


def subtract(whole: Iterable[Sequence[int]], taken: Iterable[Sequence[int]]) -> list[Range]:
    """What is left of the whole once the taken is out of it."""
    left: list[Range] = []
    holes = normalise(taken)
    for first, last in normalise(whole):
        start = first
        for low, high in holes:
            if high < start or low > last:
                continue
            if low > start:
                left.append((start, low - 1))
            start = high + 1
        if start <= last:
            left.append((start, last))
    return left


def gaps(received: Iterable[Sequence[int]], first: int = 1) -> list[Range]:
    """What is missing between the first number and the highest that came."""
    normal = normalise(received)
    if not normal:
        return []
    return subtract([(first, normal[-1][1])], normal)


def losses(received: Iterable[Sequence[int]], dropped: Iterable[Sequence[int]]) -> list[Range]:
    """Gaps that the sender did not declare: telemetry that somebody ought to have."""
    return subtract(gaps(received), dropped)


def count(ranges: Iterable[Sequence[int]]) -> int:
    """How many numbers the ranges hold."""
    return sum(last - first + 1 for first, last in normalise(ranges))


def holds(ranges: Iterable[Sequence[int]], number: int) -> bool:
    """Whether the number is in one of the ranges."""
    return any(first <= number <= last for first, last in ranges)
