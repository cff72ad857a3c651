"""Start everything on this machine and keep it running until told to stop."""

import os
import signal
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from bcp_portal import first_start, launch
from bcp_portal.shared.errors import DomainError
from bcp_portal.supervise import Supervisor

READY_WITHIN = 120.0
# On the covers of its reports.
DEMO_COMPANY = "Rodajaya"


class Command(BaseCommand):
    """Prepare, start, say so, tend, stop."""

    help = "Prepares the data, starts web, engine, worker, beat and watchdog, and tends them."
    # They would load every page of the portal, which only the web process needs.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take where to listen, and whether to do without the demo."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--empty", action="store_true", help="start without the demo company")

    def handle(self, *, host: str, port: int, empty: bool, **_options: Any) -> None:
        """Run until Ctrl-C or SIGTERM."""
        # Until the programs run, SIGTERM ends the preparation as Ctrl-C does.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            self._up(host=host, port=port, empty=empty)
        except KeyboardInterrupt:
            raise CommandError("Stopped before Siaga was ready.", returncode=130) from None
        except DomainError as error:
            raise CommandError(str(error), returncode=2) from error

    def _up(self, *, host: str, port: int, empty: bool) -> None:
        sign_ins: Path = settings.DATA_DIR / "demo-sign-ins.txt"
        with launch.hold_data(settings.DATA_DIR):
            launch.check_port(host, port)
            static = first_start.StaticFiles()
            first_start.prepare(self._say)
            people = self._welcome(empty=empty, sign_ins=sign_ins)
            first_start.leave_database()
            static.finish(self._say)
            self._run(host=host, port=port, demo=sign_ins.exists(), people=people)

    def _welcome(self, *, empty: bool, sign_ins: Path) -> str:
        if not first_start.is_first_start():
            return f"Sign-ins of the demo: {sign_ins}" if sign_ins.exists() else ""
        if empty:
            # Said at once: the password is kept nowhere, and the start may still fail.
            self._say(first_start.create_administrator(timezone.now()))
            return ""
        first_start.load_demo(sign_ins, self._say)
        return sign_ins.read_text().strip()

    def _run(self, *, host: str, port: int, demo: bool, people: str) -> None:
        if demo:
            os.environ.setdefault("SIAGA_ORGANISATION", DEMO_COMPANY)
        supervisor = Supervisor(
            launch.programs(host=host, port=port, data=settings.DATA_DIR, demo=demo),
            say=self._say,
            folder=settings.BASE_DIR,
        )
        supervisor.stop_on_signals()
        try:
            self._say("Starting " + ", ".join(place.program.name for place in supervisor.places))
            supervisor.start()
            base = launch.address(host, port)
            missing = self._wait(supervisor, base)
            if missing is not None:
                logs = settings.DATA_DIR / "logs"
                raise CommandError(f"Siaga did not become ready: {missing}. See {logs}.")
            if not supervisor.stopping.is_set():
                if people:
                    self._say(people)
                self._say(f"Siaga is ready on {base}")
            supervisor.run()
        finally:
            supervisor.stop()
        self._say("Siaga has stopped.")

    def _wait(self, supervisor: Supervisor, base: str) -> str | None:
        ends = time.monotonic() + READY_WITHIN
        missing = launch.what_is_missing(base)
        while missing is not None and not supervisor.stopping.wait(0.3):
            if time.monotonic() > ends:
                return missing
            supervisor.tend()
            missing = launch.what_is_missing(base)
        return None

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
