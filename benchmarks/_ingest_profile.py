"""Where the time of ingest goes inside the server, measured step by step in one process."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

GROUP = 32


def _time_of(work: Callable[[], object], *, times: int) -> float:
    """Microseconds a call, the best of three rounds."""
    best = float("inf")
    for _ in range(3):
        starts = time.perf_counter()
        for _ in range(times):
            work()
        best = min(best, (time.perf_counter() - starts) / times)
    return best * 1e6


def _body(samples: int, seq: int = 1) -> bytes:
    now = datetime.now(UTC).isoformat()
    stream = {"name": "sales", "pending_records": 12, "oldest_pending_at": now}
    return json.dumps(
        {
            "schema": "telemetry/1",
            "node_id": str(uuid4()),
            "boot_id": str(uuid4()),
            "sent_at": now,
            "items": [
                {
                    "kind": "heartbeat",
                    "seq": seq + n,
                    "at": now,
                    "state": "online",
                    "reach": {"central": {"ok": True, "rtt_ms": 31}},
                    "streams": [stream],
                }
                for n in range(samples)
            ],
        }
    ).encode()


def print_profile() -> None:
    """Print microseconds for each step of one batch."""
    import django  # noqa: PLC0415  # the load generators must not pay for this

    django.setup()
    from telemetry.ingest.decode import decode_batch  # noqa: PLC0415  # needs Django
    from telemetry.ingest.plan import Arrival  # noqa: PLC0415
    from telemetry.ingest.store import store_group  # noqa: PLC0415
    from telemetry.models import Device  # noqa: PLC0415

    one, hundred = _body(1), _body(100)
    print("\nwhere the time goes, microseconds")
    alone = _time_of(lambda: decode_batch(one), times=2000)
    print(f"  decode and validate 1 sample        {alone:8.1f}")
    whole = _time_of(lambda: decode_batch(hundred), times=300)
    print(f"  decode and validate 1 of 100        {whole / 100:8.2f}")
    pks = list(Device.objects.values_list("pk", flat=True)[:GROUP])
    for samples in (1, 100):
        now = datetime.now(UTC)
        times = 20

        def store(samples: int = samples, now: datetime = now) -> None:
            store_group([Arrival.now(pk, now, decode_batch(_body(samples))) for pk in pks], at=now)

        made = _time_of(lambda n=samples: [_body(n) for _ in pks], times=times)
        spent = _time_of(store, times=times) - made
        print(f"  store a group of {GROUP} x {samples:3}, a batch   {spent / len(pks):8.1f}")
