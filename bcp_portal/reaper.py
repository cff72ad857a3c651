"""Ends what a dead supervisor left behind: run as a file, with the standard library alone.

It reads "+pid" and "-pid" lines on its standard input. When the input closes, by whatever
death of its parent, it ends the process groups it still knows, and every process that carries
the parent's mark in its environment.
"""

import contextlib
import os
import signal
import sys
import time
from pathlib import Path

MARK = "SIAGA_SUPERVISOR"


def bearing(mark: str) -> set[int]:
    """Find the processes that carry the mark, wherever in the tree they hang by now.

    A supervisor inside another one lengthens the mark, so the outer one finds both families.
    """
    wanted = f"{MARK}={mark}".encode()
    found = set()
    for environ in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            words = environ.read_bytes().split(b"\0")
            if any(word == wanted or word.startswith(wanted + b"/") for word in words):
                found.add(int(environ.parent.name))
    return found - {os.getpid(), os.getppid()}


def end_group(pid: int, how: int) -> bool:
    """Signal a process group; say whether there still was one."""
    try:
        os.killpg(pid, how)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def end_all(pids: set[int], mark: str, grace: float) -> None:
    """Ask every group to end, wait a little, then kill what is left."""
    for pid in pids:
        end_group(pid, signal.SIGTERM)
        end_group(pid, signal.SIGCONT)
    ends = time.monotonic() + grace
    while time.monotonic() < ends and any(end_group(pid, 0) for pid in pids):
        time.sleep(0.05)
    for pid in pids:
        end_group(pid, signal.SIGKILL)
    for pid in bearing(mark):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def main(mark: str, grace: float) -> None:
    """Remember groups until the input closes, then end them."""
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    watched: set[int] = set()
    for line in sys.stdin:
        change, pid = line[0], int(line[1:])
        (watched.add if change == "+" else watched.discard)(pid)
    end_all(watched, mark, grace)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
