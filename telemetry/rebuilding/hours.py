"""What the sites hold, hour by hour: arithmetic on sessions, queues and the state of devices."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

# Longer spans are shown in wider steps, so that a picture stays a picture.
MOST_STEPS = 96
STEPS = tuple(timedelta(hours=hours) for hours in (1, 2, 3, 6, 12, 24, 72, 168))


class Held(models.TextChoices):
    """Who holds the records of one stream and hour."""

    PROVEN = "proven", _("The site holds it, and both sides agreed on it")
    HELD = "held", _("The site holds it; no digest proves it")
    DOUBTFUL = "doubtful", _("The site holds it; the digests differed")
    WAITING = "waiting", _("The site holds it; it never reached the centre")
    UNKNOWN = "unknown", _("Nobody has told: ask the site")
    LOST = "lost", _("Nobody holds it")


@dataclass(frozen=True)
class Told:
    """One sync that worked: it carried everything that was there until it began."""

    at: datetime
    is_proven: bool
    is_mismatch: bool


@dataclass(frozen=True)
class Holder:
    """What is known of the devices that could hold a stream."""

    # When the last of its devices was heard; None: never.
    heard_at: datetime | None
    pending_since: datetime | None
    # Every device is lost, revoked or retired.
    is_gone: bool
    # Older records are deleted at the site; None: it keeps everything it has not sent.
    kept_since: datetime | None = None


def steps(since: datetime, until: datetime) -> list[datetime]:
    """The beginnings of the hours, or wider steps, of a span."""
    wide = next((step for step in STEPS if (until - since) / step <= MOST_STEPS), STEPS[-1])
    count = max(1, -((since - until) // wide))
    return [since + wide * number for number in range(count)]


def held(
    begins: Sequence[datetime], until: datetime, told: Iterable[Told], of: Holder
) -> list[Held]:
    """Judge each step by the first sync after it: what was there then, it carried."""
    syncs = sorted(told, key=lambda one: one.at)
    ends = [*begins[1:], until]
    found, position = [], 0
    for begin, end in zip(begins, ends, strict=True):
        while position < len(syncs) and syncs[position].at < end:
            position += 1
        # The sync that closes the step: the first at or after its end, else the last inside it.
        within = [one for one in syncs[:position] if one.at >= begin]
        after = syncs[position] if position < len(syncs) else None
        found.append(_judge(begin, end, after or (within[-1] if within else None), of))
    return found


def _judge(begin: datetime, end: datetime, carried: Told | None, of: Holder) -> Held:
    if of.is_gone or (of.kept_since is not None and end <= of.kept_since):
        return Held.LOST
    if of.pending_since is not None and of.pending_since < end:
        return Held.WAITING
    if carried is not None:
        if carried.is_mismatch:
            return Held.DOUBTFUL
        return Held.PROVEN if carried.is_proven else Held.HELD
    # No sync carried it. Whoever was heard afterwards with an empty queue had nothing to send.
    if of.heard_at is not None and of.heard_at >= end and of.pending_since is None:
        return Held.HELD
    return Held.UNKNOWN
