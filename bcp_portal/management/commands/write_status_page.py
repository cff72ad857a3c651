"""Writes the public status page as files, for a web server that stands elsewhere."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from incidents.services.status_page import write_status_files


class Command(BaseCommand):
    """`manage.py write_status_page [--to FOLDER]`."""

    help = "Write the public status page as static files."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to."""
        parser.add_argument("--to", default=str(settings.DATA_DIR / "status"))

    def handle(self, *args: Any, **options: Any) -> None:
        """Write and say what was written."""
        for path in write_status_files(folder=Path(options["to"]), at=timezone.now()):
            self.stdout.write(str(path))
