"""Reading the live events in the order in which they become visible, each of them once."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

import msgspec
from django.db.models import Q

from bcp_portal.live.models import LiveEvent
from bcp_portal.live.services import KEEP
from bcp_portal.shared.on_disk import wait_for_disk

# Numbers are given before the commit: a lower one may become visible later. So long we look back.
LATE_COMMIT_S = 20.0
GAPS = 2000
AT_ONCE = 2000
REMEMBER = 4096
OVERLAP_S = 2.0


_Key = tuple[str, str, str, int | None]


@dataclass(frozen=True)
class Heard:
    """An event, the bytes that go over the wire, and when this process learned of it."""

    event: LiveEvent
    chunk: bytes
    arrived: float


class Reader:
    """Keeps the place in the journal, and the numbers that are missing before it."""

    def __init__(self) -> None:
        self._high: int | None = None
        self._gaps: dict[int, float] = {}

    def begin(self, at: datetime) -> list[LiveEvent]:
        """Start with what happened in the minutes that are kept, oldest first."""
        recent = LiveEvent.objects.filter(at__gte=at - KEEP).order_by("-pk")[:REMEMBER]
        events = list(recent)[::-1]
        newest = LiveEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        self._high = max(0, newest - 200)
        self._note([event.pk for event in events] + [newest])
        return events

    def news(self) -> list[LiveEvent]:
        """Read what has become visible since the last look."""
        self._forget_old_gaps()
        wanted = Q(pk__gt=self._high)
        if self._gaps:
            wanted |= Q(pk__in=list(self._gaps))
        events = list(LiveEvent.objects.filter(wanted).order_by("pk")[:AT_ONCE])
        if events:
            # A crash would take back what is not on the disk, and give its numbers away again:
            # whoever had heard of them would miss what comes under them then.
            wait_for_disk(if_behind=True)
        self._note([event.pk for event in events])
        return events

    def _note(self, seen: Iterable[int]) -> None:
        high = self._high or 0
        for pk in sorted(seen):
            self._gaps.pop(pk, None)
            if pk > high:
                now = monotonic()
                self._gaps |= dict.fromkeys(range(max(high + 1, pk - GAPS), pk), now)
                high = pk
        self._high = high

    def _forget_old_gaps(self) -> None:
        # A number that was rolled back never comes.
        oldest = monotonic() - LATE_COMMIT_S
        if self._gaps:
            self._gaps = {pk: since for pk, since in self._gaps.items() if since > oldest}


class Memory:
    """The last events of this process, for a viewer whose connection broke."""

    def __init__(self) -> None:
        self._heard: deque[Heard] = deque(maxlen=REMEMBER)

    def keep(self, heard: Iterable[Heard]) -> None:
        """Remember events in the order in which they arrived."""
        self._heard.extend(heard)

    def since(self, last_id: int) -> list[Heard] | None:
        """What somebody who last heard `last_id` has missed; None if we cannot know."""
        if not self._heard:
            return None
        known = [heard.event.pk for heard in self._heard]
        if not min(known) <= last_id <= max(known):
            return None
        arrived = max(h.arrived for h in self._heard if h.event.pk <= last_id)
        # A little too much rather than too little: an event heard twice is asked about twice.
        return [
            heard
            for heard in self._heard
            if heard.event.pk > last_id or heard.arrived > max(0.0, arrived - OVERLAP_S)
        ]


class Coalescer:
    """Lets the first event about a topic through at once, and of the flurry after it the last."""

    def __init__(self, gap_s: float = 0.1) -> None:
        self._gap_s = gap_s
        self._told: dict[_Key, float] = {}
        self._held: dict[_Key, LiveEvent] = {}

    def pass_on(self, events: Iterable[LiveEvent], now: float) -> list[LiveEvent]:
        """Sort events into those to tell now and those to hold back, and release old ones."""
        for event in events:
            key = (event.topic, event.kind, event.permission, event.site_id)
            self._held[key] = event
        ready = [key for key in self._held if self._told.get(key, 0.0) + self._gap_s <= now]
        for key in ready:
            self._told[key] = now
        if len(self._told) > 1000:
            self._told = {key: at for key, at in self._told.items() if at + self._gap_s > now}
        return [self._held.pop(key) for key in ready]

    def wait(self, now: float) -> float | None:
        """Seconds until something held back may go; None if nothing is."""
        if not self._held:
            return None
        return max(0.0, min(self._told[key] for key in self._held) + self._gap_s - now)


def heard(event: LiveEvent, *, arrived: float) -> Heard:
    """Put an event into the words of the stream, once for all viewers."""
    content = {
        "id": event.pk,
        "topic": event.topic,
        "kind": event.kind,
        "at": event.at.isoformat(),
    }
    return Heard(event, message("live", content, number=event.pk), arrived)


def message(name: str, content: object, *, number: int | None = None) -> bytes:
    """Write one message of a stream of server-sent events."""
    line = b"" if number is None else b"id: %d\n" % number
    return line + b"event: %s\ndata: %s\n\n" % (name.encode(), msgspec.json.encode(content))
