"""Run the engine: deadlines, overdue jobs and sweeps, until told to stop."""

import os
import signal
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connections

from bcp_portal.engine.loop import Engine
from bcp_portal.engine.services.working import worker_name


class Command(BaseCommand):
    """One engine; two may run."""

    help = "Fires deadlines, does what no worker took, runs the sweeps. Ends on SIGTERM or Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the name under which leases and logs know this engine."""
        parser.add_argument("--name", default="")

    def handle(self, *, name: str, **_options: Any) -> None:
        """Turn until a signal comes."""
        use_plain_connections()
        engine = Engine(name or f"engine@{worker_name()}")
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: engine.stop())
        engine.run()
        sys.stdout.flush()
        sys.stderr.flush()
        # A thread that hangs in somebody's network must not hold up a restart.
        os._exit(0)


def use_plain_connections() -> None:
    """Give each thread one connection of its own, checked before use.

    A pool waits its full time-out for a database that is down and backs off for longer the
    longer it is: an engine must be back seconds after the database is.
    """
    place = connections["default"].settings_dict
    place["CONN_MAX_AGE"] = None
    place["CONN_HEALTH_CHECKS"] = True
    if place["OPTIONS"].pop("pool", None) is not None:
        place["OPTIONS"].setdefault("connect_timeout", 3)
