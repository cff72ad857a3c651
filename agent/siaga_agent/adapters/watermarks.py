"""From bytes of WAL to records and instants: how many changes wait, and since when."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from siaga_agent.clock import iso, parse_instant

# One mark for each look that found new changes; while a subscriber is dark for weeks the middle
# of the list is thinned, which only makes the answer a little more careful.
MOST_MARKS = 400

Mark = tuple[int, int, str]  # place in the WAL, changes counted up to there, when we looked


@dataclass(frozen=True)
class Pending:
    """What the other side has not confirmed."""

    records: int
    oldest_at: str | None


@dataclass
class Watermarks:
    """Places in the WAL at which we counted the changes made so far.

    Changes counted at a place are confirmed once the subscriber has confirmed that place. What
    was counted since the newest confirmed place is pending, and it is no older than the look
    before the one that first counted it.
    """

    marks: list[Mark] = field(default_factory=list)
    confirmed_changes: int = 0
    confirmed_at: str | None = None
    confirmed_lsn: int = 0

    @classmethod
    def read(cls, told: Any) -> Self:
        """From the cursor; anything unreadable starts over."""
        try:
            marks = [(int(lsn), int(changes), str(at)) for lsn, changes, at in told["marks"]]
            return cls(
                marks, int(told["confirmed"]), told.get("confirmed_at"), int(told["confirmed_lsn"])
            )
        except (TypeError, KeyError, ValueError):
            return cls()

    def as_json(self) -> dict[str, Any]:
        """For the cursor."""
        return {
            "marks": [list(mark) for mark in self.marks],
            "confirmed": self.confirmed_changes,
            "confirmed_at": self.confirmed_at,
            "confirmed_lsn": self.confirmed_lsn,
        }

    def note(
        self, *, changes: int, lsn: int, confirmed: int | None, active: bool, at: datetime
    ) -> Pending:
        """Take in one look and say what is pending."""
        if self.confirmed_at is None:
            self._begin(changes, lsn, confirmed, active=active, at=at)
        if changes < self._newest_count():
            # The counters were reset (a crash, or by hand): what was pending stays pending.
            self._rebase(changes)
        if not self.marks or changes > self.marks[-1][1]:
            self.marks.append((lsn, changes, iso(at)))
        self._confirm(confirmed if confirmed is not None else -1)
        self._thin()
        records = self._newest_count() - self.confirmed_changes
        oldest = (self.confirmed_at or iso(at)) if records else None
        if not records:
            self.confirmed_at, self.confirmed_lsn = iso(at), lsn
        return Pending(records, oldest)

    def wal_bytes_a_second(self, lsn: int, at: datetime) -> float | None:
        """How fast the WAL has grown since the other side last confirmed something."""
        began = parse_instant(self.confirmed_at)
        seconds = (at - began).total_seconds() if began else 0.0
        grown = lsn - self.confirmed_lsn
        return grown / seconds if seconds > 0 and grown > 0 else None

    def _begin(
        self, changes: int, lsn: int, confirmed: int | None, *, active: bool, at: datetime
    ) -> None:
        """First look: nobody counted before us, so bytes have to tell whether anything waits."""
        behind = not active and (confirmed is None or confirmed < lsn)
        self.confirmed_changes = changes - 1 if behind and changes else changes
        self.confirmed_at, self.confirmed_lsn = iso(at), confirmed or lsn

    def _newest_count(self) -> int:
        return self.marks[-1][1] if self.marks else self.confirmed_changes

    def _rebase(self, changes: int) -> None:
        shift = self._newest_count() - changes
        self.confirmed_changes -= shift
        self.marks = [(lsn, count - shift, at) for lsn, count, at in self.marks]

    def _confirm(self, confirmed: int) -> None:
        while self.marks and self.marks[0][0] <= confirmed:
            self.confirmed_lsn, self.confirmed_changes, self.confirmed_at = self.marks.pop(0)

    def _thin(self) -> None:
        if len(self.marks) > MOST_MARKS:
            del self.marks[1:-1:2]
