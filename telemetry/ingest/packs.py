"""A repeat of something that was packed long ago is held against the pack."""

from collections.abc import Sequence
from dataclasses import dataclass

from telemetry.keeping.packing import print_of
from telemetry.keeping.reading import packed_prints


@dataclass(frozen=True, slots=True)
class Unseen:
    """A repeated item that is not among the open samples; `fingerprint` is that of what came."""

    batch: int
    place: int
    device_id: int
    boot_id: str
    seq: int
    fingerprint: str


def differing_from_packs(unseen: Sequence[Unseen]) -> list[tuple[int, int]]:
    """Which of them differ from what was packed; what has been forgotten cannot be compared."""
    if not unseen:
        return []
    kept = packed_prints({(one.device_id, one.boot_id, one.seq) for one in unseen})
    return [
        (one.batch, one.place)
        for one in unseen
        if kept.get((one.device_id, one.boot_id, one.seq), print_of(one.fingerprint))
        != print_of(one.fingerprint)
    ]
