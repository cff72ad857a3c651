"""From stored samples to packs and levels, and back; no database writes here."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from telemetry.ingest.ranges import Range, of_numbers
from telemetry.keeping.columns import Item, pack, unpack
from telemetry.keeping.levels import SPANS, summed
from telemetry.models import PackedSamples, PackKind, Sample, SampleLevel

PRINT_BYTES = 4
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLI = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Told:
    """One sample as it was told, wherever it is kept now."""

    device_id: int
    boot_id: UUID
    received_at: datetime
    body: Item

    @property
    def sampled_at(self) -> datetime:
        """When the device says it was."""
        return datetime.fromisoformat(self.body["at"])


def packs_of(samples: Sequence[Sample]) -> list[PackedSamples]:
    """The packs of one device's samples: one for each day, boot and kind, in order of number."""
    groups: dict[tuple[date, UUID, PackKind], list[Sample]] = defaultdict(list)
    for sample in samples:
        kind = PackKind.HEARTBEAT if sample.kind == "heartbeat" else PackKind.EVENT
        groups[sample.sampled_at.astimezone(UTC).date(), sample.boot_id, kind].append(sample)
    return [
        _pack(sorted(group, key=lambda sample: sample.seq), day, kind)
        for (day, _boot, kind), group in groups.items()
    ]


def levels_of(samples: Iterable[Sample]) -> list[SampleLevel]:
    """Both levels of one device's heartbeats, by day."""
    days: dict[date, list[Sample]] = defaultdict(list)
    for sample in samples:
        if sample.kind == "heartbeat":
            days[sample.sampled_at.astimezone(UTC).date()].append(sample)
    return [
        SampleLevel(
            device_id=group[0].device_id,
            day=day,
            span_s=span_s,
            body=pack(summed(((one.sampled_at, one.body) for one in group), span_s=span_s)),
        )
        for day, group in days.items()
        for span_s in SPANS
    ]


def told_in(packed: PackedSamples) -> Iterator[Told]:
    """Every sample of a pack."""
    for row in unpack(bytes(packed.body)):
        received_at = _EPOCH + row["r"] * _MILLI
        yield Told(packed.device_id, packed.boot_id, received_at, row["b"])


def print_of(content_hash: str) -> bytes:
    """The bytes of a fingerprint that a pack keeps."""
    return bytes.fromhex(content_hash[: 2 * PRINT_BYTES].ljust(2 * PRINT_BYTES, "0"))


def print_in(ranges: Sequence[Range], prints: bytes, seq: int) -> bytes | None:
    """The kept fingerprint of one number, or None if it is not in these ranges."""
    place = 0
    for first, last in ranges:
        if first <= seq <= last:
            begins = (place + seq - first) * PRINT_BYTES
            return prints[begins : begins + PRINT_BYTES]
        place += last - first + 1
    return None


def _pack(group: list[Sample], day: date, kind: PackKind) -> PackedSamples:
    rows = [
        # By the millisecond: nothing that is asked of a closed day needs more.
        {"r": (one.received_at - _EPOCH) // _MILLI, "b": one.body}
        for one in group
    ]
    return PackedSamples(
        device_id=group[0].device_id,
        boot_id=group[0].boot_id,
        day=day,
        kind=kind,
        first_seq=group[0].seq,
        last_seq=group[-1].seq,
        count=len(group),
        ranges=of_numbers(one.seq for one in group),
        prints=b"".join(print_of(one.content_hash) for one in group),
        body=pack(rows),
    )
