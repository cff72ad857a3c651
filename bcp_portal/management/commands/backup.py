"""Write everything that cannot be made again into one file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from bcp_portal.backup import BackupError, write_backup


class Command(BaseCommand):
    """Back up while the portal runs on."""

    help = "Writes the database and the files into one archive with a manifest and SHA-256."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file to write."""
        parser.add_argument("--out", type=Path, required=True)

    def handle(self, *, out: Path, **_options: Any) -> None:
        """Write, and say what was written."""
        try:
            manifest = write_backup(out.resolve(), at=timezone.now())
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Backup of {manifest.store} with {len(manifest.files)} files is in {out}."
            " The secret key is not in it: keep that elsewhere."
        )
