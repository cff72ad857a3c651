"""Rehearse a restore of the portal itself, or break something of the demo and mend it again."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from bcp_portal.demo.drills import DRILLS, fleet_folder
from bcp_portal.demo.services import throw_switch
from bcp_portal.restore_drill import PORTAL, file_drill, hold_drill
from bcp_portal.shared.durations import format_duration
from bcp_portal.shared.errors import DomainError

RESTORE = "restore"


class Command(BaseCommand):
    """For example: drill restore; drill cut-link JTM; drill corrupt SBY-02; drill stop-centre."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Which drill, and where."""
        parser.add_argument("drill", choices=[RESTORE, *sorted(DRILLS)])
        parser.add_argument("place", nargs="?", default="")
        parser.add_argument("--file", type=Path, help="restore: another backup than the newest")
        parser.add_argument("--asset", default=PORTAL, help="restore: whose ledger keeps the proof")

    def handle(self, *_args: Any, drill: str, place: str, **options: Any) -> None:
        """Hold the drill."""
        try:
            if drill == RESTORE:
                self._restore(options["file"], options["asset"])
                return
            folder = fleet_folder(settings.DATA_DIR)
            throw_switch(folder=folder, drill=drill, place=place, actor=None, at=timezone.now())
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{drill} {place}".strip())

    def _restore(self, file: Path | None, asset: str) -> None:
        at = timezone.now()
        proof = hold_drill(at=at, file=file)
        file_drill(proof=proof, code=asset, at=at)
        self.stdout.write(f"Restored {proof.backup.name} of {proof.made_at:%Y-%m-%d %H:%M:%S}.")
        self.stdout.write(f"{proof.files} files are whole. {proof.trail}")
        self.stdout.write("The copy held its calls until two people would have released it.")
        self.stdout.write(
            f"RTO {format_duration(proof.rto)}, RPO {format_duration(proof.rpo)};"
            f" filed in the ledger of {asset}."
        )
