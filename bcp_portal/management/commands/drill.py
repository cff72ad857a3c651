"""Break something of the demo on purpose, and mend it again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from bcp_portal.demo import drills
from bcp_portal.shared.errors import DomainError

DRILLS: dict[str, Callable[[Path, str], None]] = {
    "cut-link": lambda folder, place: drills.set_link(folder, place, cut=True),
    "restore-link": lambda folder, place: drills.set_link(folder, place, cut=False),
    "corrupt": drills.spoil,
    "repair": drills.repair,
    "stop-centre": lambda folder, _place: drills.set_centre(folder, stopped=True),
    "start-centre": lambda folder, _place: drills.set_centre(folder, stopped=False),
}


class Command(BaseCommand):
    """For example: drill cut-link JTM; drill corrupt SBY-02; drill stop-centre."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Which drill, and where."""
        parser.add_argument("drill", choices=sorted(DRILLS))
        parser.add_argument("place", nargs="?", default="")

    def handle(self, *_args: Any, drill: str, place: str, **_options: Any) -> None:
        """Throw the switch."""
        folder = drills.fleet_folder(settings.DATA_DIR)
        if not folder.is_dir():
            raise CommandError("There is no demo fleet here. Start the demo with bin/up.")
        try:
            DRILLS[drill](folder, place)
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{drill} {place}".strip())
