"""The ping that cron users know: an address to call when a job starts, ends or fails."""

from dataclasses import dataclass
from enum import Enum

from django.utils.translation import gettext as _

from telemetry.adapters.external import UnreadableDeliveryError, refuse

KEPT_BODY = 10_000


class PingKind(Enum):
    """What a ping says about the job."""

    DONE = "done"
    START = "start"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Ping:
    """One ping, understood."""

    kind: PingKind
    exit_status: int | None = None


def read_ping(ending: str) -> Ping:
    """Understand what follows the key: nothing, start, fail, or the exit status of the job."""
    if ending == "":
        return Ping(PingKind.DONE)
    if ending in ("start", "fail"):
        return Ping(PingKind(ending))
    if ending.isascii() and ending.isdecimal() and int(ending) <= 255:
        status = int(ending)
        return Ping(PingKind.FAIL if status else PingKind.DONE, status)
    raise refuse(
        _("“%(ending)s” is neither “start” nor “fail” nor an exit status from 0 to 255.")
        % {"ending": ending[:20]}
    )


__all__ = ["KEPT_BODY", "Ping", "PingKind", "UnreadableDeliveryError", "read_ping"]
