"""Break something of the demo on purpose, and mend it again."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from bcp_portal.demo.drills import DRILLS, fleet_folder
from bcp_portal.demo.services import throw_switch
from bcp_portal.shared.errors import DomainError


class Command(BaseCommand):
    """For example: drill cut-link JTM; drill corrupt SBY-02; drill stop-centre."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Which drill, and where."""
        parser.add_argument("drill", choices=sorted(DRILLS))
        parser.add_argument("place", nargs="?", default="")

    def handle(self, *_args: Any, drill: str, place: str, **_options: Any) -> None:
        """Throw the switch."""
        folder = fleet_folder(settings.DATA_DIR)
        try:
            throw_switch(folder=folder, drill=drill, place=place, actor=None, at=timezone.now())
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{drill} {place}".strip())
