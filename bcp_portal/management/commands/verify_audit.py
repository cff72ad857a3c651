"""Check the audit trail, or an exported copy of it, row by row."""

from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bcp_portal.audit.models import AuditCheckpoint, AuditKey
from bcp_portal.audit.services.walk import stored_rows
from bcp_portal.audit.verifier import (
    UnreadableError,
    check_export,
    check_trail,
    read_row,
    unsigned,
)


class Command(BaseCommand):
    """Walks the chain; the first break decides."""

    help = "Verifies the hash chain of the audit trail; exit status 1 names the first break."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take an export to verify in the place of the database."""
        parser.add_argument("file", nargs="?", type=Path, help="an export, or its rows alone")

    def handle(self, *, file: Path | None, **_options: Any) -> None:
        """Say that every row is as it was written, or where it is not."""
        if file is not None and (file.is_dir() or file.suffix == ".zip"):
            self._check_export(file)
            return
        signed = [row.checkpoint for row in AuditCheckpoint.objects.order_by("size")]
        if file is not None:
            signed = []  # rows alone: the statements here are about the trail here
        keys = [row.key for row in AuditKey.objects.all()]
        rows = Counted(stored_rows() if file is None else read_rows(file))
        for found in unsigned(signed, keys):
            raise CommandError(f"The trail is broken at {found}.")
        for found in check_trail(rows, signed):
            raise CommandError(f"The trail is broken at {found}.")
        self.stdout.write(
            f"{rows.count} rows, each as it was written. The last one is {rows.last}."
        )
        if file is None:
            self.stdout.write(f"{len(signed)} signed checkpoints agree with them.")

    def _check_export(self, file: Path) -> None:
        try:
            found = check_export(file, [], [])
        except (UnreadableError, OSError) as error:
            raise CommandError(f"{file} cannot be read: {error}") from error
        if found:
            raise CommandError(f"The trail is broken at {found[0]}.")


class Counted:
    """Hands rows on and remembers how many there were and the last one's hash."""

    def __init__(self, rows: Iterable[dict[str, Any]]) -> None:
        self._rows, self.count, self.last = rows, 0, "none"

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for row in self._rows:
            self.count += 1
            self.last = f"{row['seq']} {row['hash']}"
            yield row


def read_rows(file: Path) -> Iterator[dict[str, Any]]:
    """Read exported rows as they were exported: unchecked, in the order of the file."""
    try:
        with file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield read_row(line, number)
    except UnreadableError as error:
        raise CommandError(str(error)) from error
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read: {error}") from error
