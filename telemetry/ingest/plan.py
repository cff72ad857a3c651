"""What a group of batches changes, worked out in memory from what the store already has."""

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self

from telemetry.ingest import ranges
from telemetry.ingest.contract import AnyItem, Heartbeat
from telemetry.ingest.decode import DecodedBatch, RejectedItem, items_of
from telemetry.ingest.ranges import Range
from telemetry.ingest.rows import LedgerRow, QuarantineRow

# The boot is kept as text: it is compared and passed on far more often than it is read.
LedgerKey = tuple[int, str]
# More refused items of one batch tell an inspector nothing new.
_QUARANTINED_A_BATCH = 50
# Younger than this when it was sent: the device speaks of now, not of what it kept.
LIVE_FOR = timedelta(seconds=150)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A decoded batch at the moment it came in."""

    device_id: int
    received_at: datetime
    batch: DecodedBatch
    key: LedgerKey

    @classmethod
    def now(cls, device_id: int, received_at: datetime, batch: DecodedBatch) -> Self:
        """Note whose numbers these are."""
        return cls(device_id, received_at, batch, (device_id, batch.envelope.boot_id.lower()))


@dataclass(frozen=True, slots=True)
class Standing:
    """What the store knows of a device when a group begins."""

    site_id: int
    heartbeat_every_s: int
    is_usable: bool
    boot_id: str | None


@dataclass(slots=True)
class Outcome:
    """What became of one batch."""

    acknowledged: list[Range] = field(default_factory=list)
    duplicates: int = 0
    rejected: list[RejectedItem] = field(default_factory=list)
    heartbeat_every_s: int = 60
    is_refused: bool = False
    site_id: int = 0

    def join(self, other: "Outcome") -> "Outcome":
        """One outcome for two halves of a batch."""
        return Outcome(
            acknowledged=ranges.merge(self.acknowledged, other.acknowledged),
            duplicates=self.duplicates + other.duplicates,
            rejected=[*self.rejected, *other.rejected],
            heartbeat_every_s=other.heartbeat_every_s,
            is_refused=self.is_refused or other.is_refused,
            site_id=other.site_id,
        )


@dataclass(slots=True)
class Sorted:
    """One arrival after its items were held against the ledger."""

    arrival: Arrival
    standing: Standing
    boot_is_new: bool
    fresh: list[AnyItem]
    repeated: list[int]
    outcome: Outcome
    newest: Heartbeat | None
    contradicted: set[int] = field(default_factory=set)

    def document(self) -> bytes:
        """A JSON object whose items are the fresh ones."""
        batch = self.arrival.batch
        if not self.repeated:
            return batch.document
        seen = set(self.repeated)
        texts = items_of(batch.document)
        kept = [text for place, text in enumerate(texts) if place not in seen]
        return b'{"items":[%s]}' % b",".join(kept)

    def repeats(self) -> list[tuple[int, int, bytes]]:
        """Place, number and text of each item that came before."""
        if not self.repeated:
            return []
        batch = self.arrival.batch
        texts = items_of(batch.document)
        return [(place, batch.items[place].seq, texts[place]) for place in self.repeated]

    def is_live(self) -> bool:
        """Whether something new in it speaks of now, by the device's own clock on both ends."""
        sent_at = self.arrival.batch.envelope.sent_at
        longest = max(LIVE_FOR, timedelta(seconds=2.5 * self.standing.heartbeat_every_s))
        return any(sent_at - item.at <= longest for item in self.fresh)


def split(arrival: Arrival, standing: Standing, ledger: LedgerRow) -> Sorted:
    """Tell fresh items from repeated ones, and enter the fresh numbers into the ledger."""
    items = arrival.batch.items
    outcome = Outcome(heartbeat_every_s=standing.heartbeat_every_s, site_id=standing.site_id)
    outcome.rejected = list(arrival.batch.rejected)
    boot_is_new = not ledger.received and not ledger.dropped
    numbers = [item.seq for item in items]
    if not numbers or _all_new(numbers, ledger.received):
        fresh, repeated = items, list[int]()
    else:
        fresh, repeated = _tell_apart(items, ledger.received)
        numbers = [item.seq for item in fresh]
    if numbers:
        ledger.received = _with(ledger.received, numbers)
    ledger.last_received_at = arrival.received_at
    ledger.dropped = _declared(arrival.batch, ledger.dropped)
    newest = newest_heartbeat(fresh)
    return Sorted(arrival, standing, boot_is_new, fresh, repeated, outcome, newest)


def newest_heartbeat(items: list[AnyItem]) -> Heartbeat | None:
    """The heartbeat that speaks of the latest moment."""
    newest: Heartbeat | None = None
    for item in items:
        if type(item) is Heartbeat and (newest is None or item.at > newest.at):
            newest = item
    return newest


def _all_new(numbers: list[int], received: list[Range]) -> bool:
    if len(set(numbers)) != len(numbers):
        return False
    return not received or min(numbers) > received[-1][1]


def _tell_apart(items: list[AnyItem], received: list[Range]) -> tuple[list[AnyItem], list[int]]:
    starts = [first for first, _last in received]
    seen: set[int] = set()
    fresh: list[AnyItem] = []
    repeated: list[int] = []
    for place, item in enumerate(items):
        below = bisect_right(starts, item.seq) - 1
        if item.seq in seen or (below >= 0 and item.seq <= received[below][1]):
            repeated.append(place)
        else:
            seen.add(item.seq)
            fresh.append(item)
    return fresh, repeated


def _with(received: list[Range], numbers: list[int]) -> list[Range]:
    low, high = min(numbers), max(numbers)
    if high - low + 1 != len(numbers):
        return ranges.merge(received, ranges.of_numbers(numbers))
    if received and received[-1][1] + 1 == low:
        # The usual case: the sequence goes on where it ended.
        return [*received[:-1], (received[-1][0], high)]
    return ranges.merge(received, [(low, high)])


def _ranges_of(numbers: list[int]) -> list[Range]:
    low, high = min(numbers), max(numbers)
    if high - low + 1 == len(numbers):
        return [(low, high)]
    return ranges.of_numbers(numbers)


def _declared(batch: DecodedBatch, known: list[Range]) -> list[Range]:
    # A number that was refused did arrive: its absence is no loss, and its gap is explained.
    refused = [(bad.seq, bad.seq) for bad in batch.rejected if bad.seq]
    told = [(max(1, drop.from_seq), drop.to_seq) for drop in batch.dropped]
    return ranges.merge(known, refused, told) if refused or told else known


def settle(sorted_: Sorted, ledger: LedgerRow) -> None:
    """Once contradictions are known: what is acknowledged, what is counted, what is refused."""
    outcome, items = sorted_.outcome, sorted_.arrival.batch.items
    numbers = [item.seq for item in sorted_.fresh]
    for place in sorted_.repeated:
        seq = items[place].seq
        if place in sorted_.contradicted:
            ledger.contradictions += 1
            sentence = f"seq {seq} came before with other content; the first one stands."
            outcome.rejected.append(RejectedItem(place, seq, sentence, ""))
        else:
            ledger.duplicates += 1
            outcome.duplicates += 1
            numbers.append(seq)
    if numbers:
        outcome.acknowledged = _ranges_of(numbers)


def quarantine(sorted_: Sorted) -> list[QuarantineRow]:
    """The items that are kept apart for inspection."""
    arrival = sorted_.arrival
    texts = {place: text for place, _seq, text in sorted_.repeats()}
    return [
        QuarantineRow(
            device_id=arrival.device_id,
            boot_id=arrival.key[1],
            seq=bad.seq,
            reason=bad.error[:300],
            is_contradiction=bad.position in sorted_.contradicted,
            body=bad.text or texts.get(bad.position, b"").decode("utf-8", "replace"),
            received_at=arrival.received_at,
        )
        for bad in sorted_.outcome.rejected[:_QUARANTINED_A_BATCH]
    ]
