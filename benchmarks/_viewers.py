"""Thousands of viewers in one process: raw sockets, one epoll loop, the time of each event.

Run as a program: `python -m benchmarks._viewers PORT COUNT EVENTS SESSIONS.json`. It prints
"ready" when all are listening, and one JSON object when all have heard all events. The publisher
writes the time of the monotonic clock into the kind of each event.
"""

import json
import re
import resource
import selectors
import socket
import sys
import time
from pathlib import Path

KIND = re.compile(rb'"kind":"(\d+)"')
PATIENCE_S = 60.0


def connect(port: int, session: str) -> socket.socket:
    """Ask for the stream and do not wait for the answer."""
    viewer = socket.create_connection(("127.0.0.1", port))
    request = f"GET /live/ HTTP/1.1\r\nHost: x\r\nCookie: sessionid={session}\r\n\r\n"
    viewer.sendall(request.encode())
    viewer.setblocking(False)
    return viewer


def listen(selector: selectors.BaseSelector, *, until: int, mark: bytes) -> list[float]:
    """Read until a mark has been seen so often; return how late each event came."""
    seen, late, ends = 0, [], time.monotonic() + PATIENCE_S
    while seen < until:
        if time.monotonic() > ends:
            raise SystemExit(f"only {seen} of {until} came")
        for key, _ in selector.select(1.0):
            data = key.fileobj.recv(65536)
            now = time.monotonic_ns()
            if not data:
                raise SystemExit("a stream was ended")
            seen += data.count(mark)
            late += [(now - int(kind)) / 1e6 for kind in KIND.findall(data)]
    return late


def main() -> int:
    """Open the viewers, listen, print."""
    port, count, events = (int(word) for word in sys.argv[1:4])
    sessions = json.loads(Path(sys.argv[4]).read_text())
    _soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    selector = selectors.DefaultSelector()
    for number in range(count):
        viewer = connect(port, sessions[number % len(sessions)])
        selector.register(viewer, selectors.EVENT_READ)
        if number % 200 == 199:
            listen(selector, until=200, mark=b"retry:")
    listen(selector, until=count % 200, mark=b"retry:")
    print("ready", flush=True)
    late = sorted(listen(selector, until=count * events, mark=b"event: live"))
    print(
        json.dumps(
            {
                "p50": late[len(late) // 2],
                "p99": late[int(len(late) * 0.99)],
                "worst": late[-1],
                "heard": len(late),
            }
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
