"""OTLP metrics, as JSON or protobuf, read into the points we derive something from.

Only gauges and sums with a number: `siaga.…` names are ours, everything else is left aside. The
protobuf messages are read field by field; an unknown field is skipped, as the format promises.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from telemetry.ingest.decode import UnreadableBatchError

MOST_POINTS = 5000
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True, slots=True)
class Point:
    """One number of one metric at one moment."""

    metric: str
    nanos: int
    value: float
    attributes: dict[str, str]


def read_points(body: bytes, *, is_json: bool) -> list[Point]:
    """Every point of an export; UnreadableBatchError when it is none."""
    try:
        points = []
        for point in _from_json(body) if is_json else _from_protobuf(body):
            points.append(point)
            if len(points) > MOST_POINTS:
                raise UnreadableBatchError(413, "More than 5000 points; export less at once.")
    except (ValueError, TypeError, AttributeError, KeyError, struct.error) as error:
        raise UnreadableBatchError(400, f"This is no OTLP metrics export: {error}.") from error
    return points


def _from_json(body: bytes) -> Iterator[Point]:
    content = msgspec.json.decode(body)
    if not isinstance(content, dict):
        raise ValueError("the top is no object")
    for resource in content.get("resourceMetrics", ()):
        for scope in resource.get("scopeMetrics", ()):
            for metric in scope.get("metrics", ()):
                kind = metric.get("gauge") or metric.get("sum") or {}
                for point in kind.get("dataPoints", ()):
                    yield _json_point(str(metric["name"]), point)


def _json_point(name: str, point: dict[str, Any]) -> Point:
    told = point["asInt"] if "asInt" in point else point["asDouble"]
    attributes = {
        str(one["key"]): str(one["value"].get("stringValue", ""))
        for one in point.get("attributes", ())
    }
    return Point(name, int(point["timeUnixNano"]), float(told), attributes)


def _from_protobuf(body: bytes) -> Iterator[Point]:
    for resource in _parts(body, 1):
        for scope in _parts(resource, 2):
            for metric in _parts(scope, 2):
                name = b"".join(_parts(metric, 1)).decode()
                # 5 is a gauge, 7 a sum; both hold their points in field 1.
                for kind in (*_parts(metric, 5), *_parts(metric, 7)):
                    for point in _parts(kind, 1):
                        yield _protobuf_point(name, point)


def _protobuf_point(name: str, raw: bytes) -> Point:
    nanos, value = 0, 0.0
    attributes: dict[str, str] = {}
    for field, wire, told in _fields(raw):
        if field == 3 and wire == _FIXED64:
            nanos = struct.unpack("<Q", told)[0]
        elif field == 4 and wire == _FIXED64:
            value = struct.unpack("<d", told)[0]
        elif field == 6 and wire == _FIXED64:
            value = float(struct.unpack("<q", told)[0])
        elif field == 7 and wire == _BYTES:
            key = b"".join(_parts(told, 1)).decode()
            text = b"".join(part for one in _parts(told, 2) for part in _parts(one, 1))
            attributes[key] = text.decode()
    return Point(name, nanos, value, attributes)


def _parts(raw: bytes, wanted: int) -> Iterator[bytes]:
    for field, wire, told in _fields(raw):
        if field == wanted and wire == _BYTES:
            yield told


def _fields(raw: bytes) -> Iterator[tuple[int, int, bytes]]:
    place = 0
    while place < len(raw):
        tag, place = _varint(raw, place)
        wire, ends = tag & 7, place
        if wire == _VARINT:
            _told, ends = _varint(raw, place)
        elif wire == _BYTES:
            length, place = _varint(raw, place)
            ends = place + length
        elif wire in (_FIXED64, _FIXED32):
            ends = place + (8 if wire == _FIXED64 else 4)
        else:
            raise ValueError(f"wire type {wire}")
        if ends > len(raw):
            raise ValueError("it ends in the middle of a field")
        yield tag >> 3, wire, raw[place:ends]
        place = ends


def _varint(raw: bytes, place: int) -> tuple[int, int]:
    number = shift = 0
    while place < len(raw) and shift < 70:
        byte = raw[place]
        number |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            return number, place
    raise ValueError("it ends in the middle of a number")
