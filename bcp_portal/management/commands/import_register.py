"""Bring the risk register to what a file says."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from bcp_portal.accounts.models import User
from bcp_portal.shared.errors import DomainError
from risks.imports.reading import read_sheet
from risks.selectors.sheet_columns import register_columns
from risks.services.register_import import import_register


class Command(BaseCommand):
    """import_register FILE [--dry-run] [--as USERNAME]."""

    help = "Import the risk register from a CSV or XLSX file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the file, and whether anything may change."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="only show what would change")
        parser.add_argument("--as", dest="username", default="", help="in whose name")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Read, import, and say row by row what happened."""
        path: Path = options["file"]
        actor = User.objects.filter(username=options["username"]).first()
        if options["username"] and actor is None:
            raise CommandError(f"There is no person {options['username']}.")
        try:
            sheet = read_sheet(path.name, path.read_bytes(), register_columns())
            report = import_register(
                rows=sheet.rows, actor=actor, at=timezone.now(), dry_run=options["dry_run"]
            )
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        for heading in sheet.strange:
            self.stdout.write(f"column “{heading}” was not understood")
        for change in report.changes:
            self.stdout.write(
                f"line {change.line} {change.code}: {change.field}: "
                f"{change.before or '–'} -> {change.after or '–'}"
            )
        for error_ in report.errors:
            self.stderr.write(f"line {error_.line} {error_.code}: {error_.sentence}")
        would = "would be " if report.dry_run else ""
        self.stdout.write(
            f"{report.change_count} changes: {len(report.created)} {would}new, "
            f"{len(report.changed)} {would}changed, {report.unchanged} as before, "
            f"{len(report.errors)} left out"
        )
