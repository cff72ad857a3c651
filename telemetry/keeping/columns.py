"""A day of items in few bytes, without losing one: each field a column, each column by itself.

Neighbours in a column are alike (a counter, a clock, the same word again), neighbours in an item
are not. Integers and times become differences; what a device repeats is written once.
"""

import json
import zlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise
from typing import Any

Item = dict[str, Any]
# The column beside which other times are written: the sampling time of a sample's body.
CLOCK = ("b", "at")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)
_ABSENT = object()
# How a device may spell one moment; a column is kept as numbers if all of it follows one of them.
_SPELLINGS = ("auto", "milliseconds", "microseconds")
_ZONES = ("Z", "+00:00")
# Larger than what a site can say in a day: a damaged blob must not fill the memory.
_MOST_BYTES = 64 * 1024 * 1024


class DamagedPackError(ValueError):
    """The bytes are not what was packed."""


def pack(items: Sequence[Item]) -> bytes:
    """Write items as columns; `unpack` gives back the very same."""
    rows = [dict(_leaves(item, ())) for item in items]
    paths = list(dict.fromkeys(path for row in rows for path in row))
    heads: list[Any] = []
    bodies: list[bytes] = []
    clock: list[int] | None = None
    for path in sorted(paths, key=lambda path: (path != CLOCK, paths.index(path))):
        cells = [row.get(path, _ABSENT) for row in rows]
        there = [cell is not _ABSENT for cell in cells]
        told = [cell for cell in cells if cell is not _ABSENT]
        kind, body, numbers = _column(told, clock if all(there) else None)
        if path == CLOCK and numbers is not None and all(there):
            clock = numbers
        heads.append([list(path), _runs(there), kind, len(body)])
        bodies.append(body)
    head = _squeeze(json.dumps([len(rows), heads], separators=(",", ":")).encode())
    return len(head).to_bytes(4, "big") + head + b"".join(bodies)


def unpack(blob: bytes) -> list[Item]:
    """The items that were packed, in their order."""
    try:
        size = int.from_bytes(blob[:4], "big")
        count, heads = json.loads(_inflate(blob[4 : 4 + size]))
        items: list[Item] = [{} for _ in range(count)]
        place, clock = 4 + size, None
        for path, runs, kind, length in heads:
            there = _places(runs, count)
            body = blob[place : place + length]
            place += length
            values, numbers = _values(kind, body, len(there), clock)
            if tuple(path) == CLOCK and numbers is not None and len(there) == count:
                clock = numbers
            for row, value in zip(there, values, strict=True):
                _plant(items[row], path, value)
    except (ValueError, TypeError, IndexError, KeyError, zlib.error) as error:
        raise DamagedPackError(f"These bytes are no packed samples: {error}") from error
    return [_listed(item) for item in items]


def _leaves(value: Any, path: tuple[str, ...]) -> Iterable[tuple[tuple[str, ...], Any]]:
    """Every scalar with the way to it; "#" before a number is a place in a list."""
    if isinstance(value, dict) and value:
        for name, part in value.items():
            # A name of theirs that looks like a place of ours is guarded.
            yield from _leaves(part, (*path, f"~{name}" if name[:1] in "#~" else name))
    elif isinstance(value, list) and value:
        for place, part in enumerate(value):
            yield from _leaves(part, (*path, f"#{place}"))
    else:
        yield path, value


def _plant(item: Item, path: list[str], value: Any) -> None:
    for name in path[:-1]:
        item = item.setdefault(name, {})
    item[path[-1]] = value


def _listed(value: Any) -> Any:
    """Turn places back into lists and take the guards off names."""
    if not isinstance(value, dict) or not value:
        return value
    if all(name[:1] == "#" for name in value):
        places = sorted(value, key=lambda name: int(name[1:]))
        return [_listed(value[name]) for name in places]
    return {name[1:] if name[:1] == "~" else name: _listed(part) for name, part in value.items()}


def _runs(there: Sequence[bool]) -> list[int]:
    """Lengths of absent and present in turn; nothing when all are present."""
    if all(there):
        return []
    runs, now = [0], False
    for one in there:
        if one is now:
            runs[-1] += 1
        else:
            runs.append(1)
            now = one
    return runs


def _places(runs: list[int], count: int) -> list[int]:
    if not runs:
        return list(range(count))
    places: list[int] = []
    here, now = 0, False
    for length in runs:
        if now:
            places += range(here, here + length)
        here += length
        now = not now
    return places


def _column(told: list[Any], clock: list[int] | None) -> tuple[Any, bytes, list[int] | None]:
    if len(told) > 1 and all(_same(one, told[0]) for one in told):
        return ["=", told[0]], b"", None
    if all(type(one) is int for one in told):
        way, body = _numbers(told, clock)
        return ["i", way], body, told
    for spelling in _SPELLINGS:
        for zone in _ZONES:
            moments = _moments(told, spelling, zone)
            if moments is not None:
                way, body = _numbers(moments, clock)
                return ["t", way, spelling, zone], body, moments
    return ["j"], _squeeze(json.dumps(told, separators=(",", ":")).encode()), None


def _values(
    kind: list[Any], body: bytes, count: int, clock: list[int] | None
) -> tuple[list[Any], list[int] | None]:
    if kind[0] == "=":
        return [kind[1]] * count, None
    if kind[0] == "j":
        return json.loads(_inflate(body)), None
    numbers = _undo(kind[1], _integers(_inflate(body)), clock)
    if kind[0] == "i":
        return list(numbers), numbers
    return [_spell(number, kind[2], kind[3]) for number in numbers], numbers


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and one == other


def _moments(told: Sequence[Any], spelling: str, zone: str) -> list[int] | None:
    numbers = []
    for text in told:
        if not isinstance(text, str) or not 20 <= len(text) <= 32:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return None
        if moment.tzinfo is None:
            return None
        number = (moment - _EPOCH) // _MICRO
        if _spell(number, spelling, zone) != text:
            return None
        numbers.append(number)
    return numbers


def _spell(number: int, spelling: str, zone: str) -> str:
    return (_EPOCH + number * _MICRO).isoformat(timespec=spelling)[:-6] + zone


def _numbers(told: list[int], clock: list[int] | None) -> tuple[str, bytes]:
    """The shortest of a few ways to write them: as they are, as steps, beside the clock."""
    ways = {"raw": told, "step": _steps(told)}
    if clock is not None and clock is not told and len(clock) == len(told):
        for name, unit in _UNITS.items():
            beside = [number - moment // unit for number, moment in zip(told, clock, strict=True)]
            ways[name] = _steps(beside)
    written = {name: _squeeze(_varints(numbers)) for name, numbers in ways.items()}
    best = min(written, key=lambda name: len(written[name]))
    return best, written[best]


_UNITS = {"us": 1, "ms": 1000, "s": 1_000_000}


def _undo(way: str, numbers: list[int], clock: list[int] | None) -> list[int]:
    if way == "raw":
        return numbers
    numbers = list(accumulate(numbers))
    if way == "step":
        return numbers
    if clock is None:
        raise DamagedPackError("a column beside a clock that is not there")
    unit = _UNITS[way]
    return [number + moment // unit for number, moment in zip(numbers, clock, strict=True)]


def _steps(numbers: Sequence[int]) -> list[int]:
    return [*numbers[:1], *(later - earlier for earlier, later in pairwise(numbers))]


def _varints(numbers: Iterable[int]) -> bytes:
    """Small numbers in one byte, of either sign."""
    out = bytearray()
    for number in numbers:
        left = number << 1 if number >= 0 else (-number << 1) - 1
        while left > 127:
            out.append(left & 127 | 128)
            left >>= 7
        out.append(left)
    return bytes(out)


def _integers(raw: bytes) -> list[int]:
    numbers, number, shift = [], 0, 0
    for byte in raw:
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            numbers.append((number + 1 >> 1) * -1 if number & 1 else number >> 1)
            number = shift = 0
    return numbers


def _squeeze(raw: bytes) -> bytes:
    """Noise is written best without looking for repetitions, everything else with it."""
    written = []
    for strategy in (zlib.Z_DEFAULT_STRATEGY, zlib.Z_HUFFMAN_ONLY):
        squeezer = zlib.compressobj(9, zlib.DEFLATED, -15, 9, strategy)
        written.append(squeezer.compress(raw) + squeezer.flush())
    return min(written, key=len)


def _inflate(raw: bytes) -> bytes:
    opener = zlib.decompressobj(-15)
    out = opener.decompress(raw, _MOST_BYTES)
    if opener.unconsumed_tail:
        raise DamagedPackError("more than a day can hold")
    return out
