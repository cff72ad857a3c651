"""Runs of sequence numbers: how acknowledgements and losses are told in few words."""

from collections.abc import Iterable

Range = tuple[int, int]


def as_ranges(numbers: Iterable[int]) -> list[Range]:
    """Fold numbers into inclusive, sorted, non-touching ranges."""
    ranges: list[Range] = []
    for number in sorted(set(numbers)):
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return ranges


def read_ranges(answer: object) -> list[Range]:
    """Take the well-formed ranges out of an answer; what is not one acknowledges nothing."""
    if not isinstance(answer, list):
        return []
    return [
        (pair[0], pair[1])
        for pair in answer
        if isinstance(pair, list)
        and len(pair) == 2
        and all(type(end) is int for end in pair)
        and 1 <= pair[0] <= pair[1]
    ]
