"""A load generator that is not the bottleneck: raw sockets, prebuilt requests, one epoll loop.

Run as a program: `python -m benchmarks._load PORT SECONDS SAMPLES SERIES DEVICES.json`; one
connection for each device in the file. Prints one JSON object.
"""

import json
import selectors
import socket
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

_FIRST_SEQ = 1_000_000


class Sender:
    """One device on one connection: the next batch leaves when the last was answered."""

    def __init__(self, port: int, device: dict[str, str], samples: int, series: int) -> None:
        self.samples = samples
        self.seq = _FIRST_SEQ + series * 10_000_000
        now = datetime.now(UTC).isoformat()
        self.item = (
            b'{"kind":"heartbeat","seq":%d,"at":"' + now.encode() + b'","state":"online",'
            b'"period_s":60,"reach":{"gateway":{"ok":true,"rtt_ms":1},"central":{"ok":true,'
            b'"rtt_ms":31}},"streams":[{"name":"sales","pending_records":12,'
            b'"pending_bytes":4096,"oldest_pending_at":"' + now.encode() + b'"}]}'
        )
        head = (
            f'{{"schema":"telemetry/1","node_id":"{device["node_id"]}",'
            f'"boot_id":"{device["boot_id"]}","sent_at":"{now}","items":['
        )
        self.head = head.encode()
        self.request = (
            "POST /api/telemetry/v1/batches HTTP/1.1\r\nHost: x\r\n"
            f"Authorization: Bearer {device['token']}\r\nContent-Type: application/json\r\n"
            "Content-Length: "
        ).encode()
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.waiting = b""
        self.sent_at = 0.0

    def send(self) -> None:
        """Send the next batch."""
        seq = self.seq
        self.seq += self.samples
        body = self.head + b",".join([self.item % n for n in range(seq, self.seq)]) + b"]}"
        self.sent_at = time.perf_counter()
        self.socket.sendall(self.request + b"%d\r\n\r\n" % len(body) + body)

    def answered(self) -> bool:
        """Read; say whether the answer is complete."""
        self.waiting += self.socket.recv(65536)
        head, gap, rest = self.waiting.partition(b"\r\n\r\n")
        if not gap:
            return False
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        if len(rest) < length:
            return False
        if not self.waiting.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"refused: {self.waiting[:600]!r}")
        self.waiting = b""
        return True


def main() -> int:
    """Send for the given time, and print what was acknowledged."""
    port, seconds, samples, series = (int(word) for word in sys.argv[1:5])
    devices = json.loads(Path(sys.argv[5]).read_text())
    selector = selectors.DefaultSelector()
    senders = [Sender(port, device, samples, series) for device in devices]
    for sender in senders:
        selector.register(sender.socket, selectors.EVENT_READ, sender)
        sender.send()
    # The first second warms caches and is not counted.
    starts = time.perf_counter() + 1
    ends = starts + seconds
    took: list[float] = []
    while (now := time.perf_counter()) < ends:
        for key, _events in selector.select(0.1):
            if key.data.answered():
                if now > starts:
                    took.append(time.perf_counter() - key.data.sent_at)
                key.data.send()
    took.sort()
    cpu = time.process_time()
    print(
        json.dumps(
            {
                "requests": len(took) / seconds,
                "p50_ms": took[len(took) // 2] * 1000,
                "p99_ms": took[len(took) * 99 // 100] * 1000,
                "cpu_s": cpu,
            }
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
