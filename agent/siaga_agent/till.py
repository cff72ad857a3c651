"""A demo site's till: sells, queues, pushes on a schedule, and tells its agent when asked."""

import argparse
import json
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from siaga_agent.demo_source import STREAM, Json
from siaga_agent.till_push import Pusher
from siaga_agent.till_queue import TillQueue


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the till, or do one of the small things."""
    chosen = _parser().parse_args(arguments)
    flag = chosen.home / "frozen"
    if chosen.freeze or chosen.thaw:
        chosen.home.mkdir(parents=True, exist_ok=True)
        if chosen.freeze:
            flag.touch()
        else:
            flag.unlink(missing_ok=True)
        return 0
    queue = TillQueue(chosen.home)
    try:
        return _work(chosen, queue)
    finally:
        queue.close()


def _work(chosen: argparse.Namespace, queue: TillQueue) -> int:
    if chosen.status:
        sys.stdout.write(json.dumps(status(chosen.home, queue, chosen)) + "\n")
        return 0
    if not chosen.central:
        sys.stderr.write("till: --central is needed to push.\n")
        return 2
    till = chosen.name or chosen.home.name
    pusher = Pusher(chosen.home, queue, central=chosen.central, till=till)
    if chosen.repair:
        return 0 if pusher.repair() else 1
    if chosen.sell:
        for _ in range(chosen.sell):
            queue.ring_up(at=datetime.now(UTC), dice=random.Random())
        return 0
    if chosen.push:
        return 0 if pusher.push(trigger="manual") else 1
    _run(chosen, queue, pusher)
    return 0


def status(home: Path, queue: TillQueue, chosen: argparse.Namespace) -> Json:
    """What the agent's command adapter reads; the cursor is the last session it has seen."""
    try:
        seen = int(json.loads(os.environ.get("SIAGA_CURSOR") or "{}").get("session", 0))
    except (ValueError, AttributeError, TypeError):
        seen = 0
    sessions, last = queue.sessions_after(seen)
    return {
        "streams": [queue.sample(chosen.stream, chosen.criticality)],
        "sync_sessions": [session | {"stream": chosen.stream} for session in sessions],
        "conflicts": [],
        "frozen": [chosen.stream] if (home / "frozen").exists() else [],
        "cursor": {"session": last},
    }


def _run(chosen: argparse.Namespace, queue: TillQueue, pusher: Pusher) -> None:
    """Sell at the given rate, push every so often, drain a backlog without a pause."""
    pusher.recover()
    stopping = threading.Event()
    for wanted in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wanted, lambda *_: stopping.set())
    dice = random.Random(chosen.seed)
    every_sale = 60.0 / chosen.rate if chosen.rate else None
    next_sale = next_push = time.monotonic()
    while not stopping.is_set():
        now = time.monotonic()
        if every_sale is not None and now >= next_sale:
            queue.ring_up(at=datetime.now(UTC), dice=dice)
            next_sale = now + dice.expovariate(1.0) * every_sale
        if now >= next_push:
            while pusher.push() and not stopping.is_set():
                pass
            next_push = time.monotonic() + chosen.every
        stopping.wait(0.2)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m siaga_agent.till", description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--central", help="address of till_central")
    parser.add_argument("--name", help="the till's name at the centre; default: the folder's")
    parser.add_argument("--rate", type=float, default=12.0, help="sales a minute; 0 for none")
    parser.add_argument("--every", type=float, default=15.0, help="seconds between pushes")
    parser.add_argument("--seed", type=int, default=None, help="for the same sales every time")
    parser.add_argument("--stream", default=STREAM)
    parser.add_argument("--criticality", default="critical")
    once = parser.add_mutually_exclusive_group()
    once.add_argument("--status", action="store_true", help="print the state as JSON and end")
    once.add_argument("--freeze", action="store_true", help="stop pushing until --thaw")
    once.add_argument("--thaw", action="store_true")
    once.add_argument("--push", action="store_true", help="push one batch now and end")
    once.add_argument("--sell", type=int, metavar="N", help="ring up N sales and end")
    once.add_argument("--repair", action="store_true", help="overwrite the last day centrally")
    return parser


if __name__ == "__main__":
    sys.exit(main())
