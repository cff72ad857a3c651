"""A caller of the outbox in a process of its own: prints each id once it is acknowledged.

python producer.py HOME FIRST      appends session FIRST, FIRST + 1, ... until killed
"""

import itertools
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid5

from siaga_agent.clock import iso
from siaga_agent.home import open_home

SPACE = UUID("11111111-2222-5333-8444-555555555555")


def main() -> None:
    with open_home(Path(sys.argv[1])) as home:
        for number in itertools.count(int(sys.argv[2])):
            at = datetime.now(UTC)
            told = {
                "kind": "sync_session",
                "at": iso(at),
                "session_id": str(uuid5(SPACE, str(number))),
                "stream": "sales",
                "direction": "push",
                "started_at": iso(at),
                "outcome": "ok",
            }
            home.outbox.append(told, at=at, mark=f"session:{told['session_id']}")
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
