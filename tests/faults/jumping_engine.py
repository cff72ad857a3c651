"""An engine whose host's clock jumps: SIGUSR1 sets it back by an hour, SIGUSR2 ahead by one."""

import signal
import sys
from datetime import datetime, timedelta

from django.core.management import execute_from_command_line

from bcp_portal.engine import clock

_offset = timedelta(0)


class HostClock(datetime):
    """What the operating system says after somebody has turned its clock."""

    @classmethod
    def now(cls, tz=None):
        return datetime.now(tz) + _offset


def jump(hours: int) -> None:
    global _offset  # one process, one clock
    _offset += timedelta(hours=hours)


if __name__ == "__main__":
    clock.datetime = HostClock
    signal.signal(signal.SIGUSR1, lambda *_: jump(-1))
    signal.signal(signal.SIGUSR2, lambda *_: jump(+1))
    execute_from_command_line(["manage.py", *sys.argv[1:]])
