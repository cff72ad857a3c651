"""One side of a conflict, and how what several sites tell becomes one set of sides.

Nothing here knows a database. Putting sides together is commutative, associative and idempotent:
in whatever order reports come, and however often, the same set is left.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

_HLC = re.compile(r"^(\d{13})-[0-9a-f]{4}-")
# A side whose contents were not told is one field of this name: its digest.
WHOLE = "*"


@dataclass(frozen=True)
class Version:
    """What one source says a record is. `values` is None where only a digest was told."""

    source: str
    rev: str
    values: Mapping[str, Any] | None = None
    values_digest: str = ""
    hlc: str = ""
    written_ms: int | None = None
    uncertainty_ms: int | None = None
    is_jumped: bool = False
    role: str = ""
    base: Mapping[str, Any] | None = None

    @property
    def mark(self) -> str:
        """A short name that is the same wherever this side is told."""
        told = [self.source, self.rev, self.values, self.values_digest]
        return digest_of(told)[:16]

    @property
    def interval(self) -> tuple[int, int] | None:
        """The earliest and latest moment it may have been written; None: not measured."""
        if self.written_ms is None or self.uncertainty_ms is None:
            return None
        return self.written_ms - self.uncertainty_ms, self.written_ms + self.uncertainty_ms


def digest_of(content: object) -> str:
    """A digest that is equal for equal content, whatever the order of its keys."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def record_digest(values: Mapping[str, Any]) -> str:
    """What a site must report for this record once it holds these values."""
    return digest_of(dict(values))


def hlc_ms(hlc: str) -> int | None:
    """The physical part of a hybrid logical clock."""
    match = _HLC.match(hlc)
    return int(match[1]) if match else None


def read_versions(told: Iterable[Mapping[str, Any]]) -> list[Version]:
    """The sides in the body of a report; what is not of the right kind counts as not told."""
    return unite(_read(side) for side in told)


def _read(side: Mapping[str, Any]) -> Version:
    hlc = _text(side.get("hlc"))
    written = hlc_ms(hlc)
    return Version(
        source=str(side["source"])[:128],
        rev=str(side["rev"])[:256],
        values=_mapping(side.get("values")),
        values_digest=_text(side.get("values_digest"))[:128],
        hlc=hlc[:64],
        written_ms=_moment_ms(side.get("wall_at")) if written is None else written,
        uncertainty_ms=_count(side.get("uncertainty_ms")),
        is_jumped=side.get("jumped") is True,
        role=_text(side.get("role"))[:64],
        base=_mapping(side.get("base")),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _mapping(value: object) -> Mapping[str, Any] | None:
    return value if isinstance(value, dict) else None


def _count(value: object) -> int | None:
    is_count = isinstance(value, int) and not isinstance(value, bool)
    return value if is_count and 0 <= value < 2**53 else None  # type: ignore[operator,return-value]  # is_count says it


def _moment_ms(value: object) -> int | None:
    try:
        return round(datetime.fromisoformat(str(value)).timestamp() * 1000) if value else None
    except (ValueError, OverflowError):
        return None


def unite(versions: Iterable[Version]) -> list[Version]:
    """Every side once, sorted by source and revision; of two clocks the less certain one."""
    found: dict[str, Version] = {}
    for version in versions:
        known = found.get(version.mark)
        found[version.mark] = version if known is None else _join(known, version)
    return sorted(found.values(), key=lambda one: (one.source, one.rev, one.mark))


def _join(one: Version, other: Version) -> Version:
    bases = [base for base in (one.base, other.base) if base is not None]
    return replace(
        one,
        hlc=max(one.hlc, other.hlc),
        written_ms=_most(one.written_ms, other.written_ms),
        uncertainty_ms=_most(one.uncertainty_ms, other.uncertainty_ms),
        is_jumped=one.is_jumped or other.is_jumped,
        role=max(one.role, other.role),
        base=max(bases, key=digest_of) if bases else None,
    )


def _most(one: int | None, other: int | None) -> int | None:
    told = [value for value in (one, other) if value is not None]
    return max(told) if told else None


def ancestor_of(versions: Sequence[Version]) -> Mapping[str, Any] | None:
    """What the record was before both sides changed it; None when told differently, or not."""
    told = {digest_of(version.base): version.base for version in versions if version.base}
    return next(iter(told.values())) if len(told) == 1 else None


def contents(versions: Sequence[Version]) -> list[Mapping[str, Any]]:
    """What the sides hold, field by field; digests alone where one of them told no more."""
    if all(version.values is not None for version in versions):
        return [version.values or {} for version in versions]
    return [
        {WHOLE: version.values_digest or digest_of(version.values or version.rev)}
        for version in versions
    ]
