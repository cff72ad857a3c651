"""Put a backup in the place of the database."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from bcp_portal.backup import BackupError, key_check, restore_backup
from bcp_portal.launch import CannotStartError, hold_data


class Command(BaseCommand):
    """Restore while nothing else runs."""

    help = "Restores an archive of the backup command; the copy calls nobody until released."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the archive, and the word that gives up what is here."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", help="give up what is here now")

    def handle(self, *, file: Path, replace: bool, **_options: Any) -> None:
        """Check the archive, restore it, and say what to do next."""
        try:
            with hold_data(settings.DATA_DIR):
                manifest = restore_backup(file, at=timezone.now(), replace=replace)
        except (BackupError, CannotStartError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Restored the state of {manifest.made_at}.")
        self.stdout.write("It calls nobody until two people release it.")
        if manifest.key_check != key_check():
            self.stdout.write(
                "The secret key here is not the one of the backup: tokens of devices and"
                " programs will be refused until you put the old key back."
            )
