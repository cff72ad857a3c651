"""Check the audit trail, or an exported copy of it, row by row."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bcp_portal.audit.chain import find_breaks
from bcp_portal.audit.models import AuditRow

CHUNK = 2000


class Command(BaseCommand):
    """Walks the chain; the first break decides."""

    help = "Verifies the hash chain of the audit trail; exit status 1 names the first break."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take an export to verify in the place of the database."""
        parser.add_argument("file", nargs="?", type=Path, help="exported rows, one JSON a line")

    def handle(self, *, file: Path | None, **_options: Any) -> None:
        """Say that every row is as it was written, or where it is not."""
        counter = Counter(
            AuditRow.objects.order_by("seq").iterator(CHUNK) if file is None else read_rows(file)
        )
        for found in find_breaks(counter):
            raise CommandError(
                f"The trail is broken at row {found.seq}: this row {found.problem}."
                if not found.problem.startswith("rows")
                else f"The trail is broken at row {found.seq}: {found.problem}."
            )
        self.stdout.write(
            f"{counter.rows} rows, each as it was written. The last one is {counter.last}."
        )


class Counter:
    """Hands rows on and remembers how many there were and the last one's hash."""

    def __init__(self, rows: Iterator[AuditRow]) -> None:
        self._all = rows
        self.rows = 0
        self.last = "none"

    def __iter__(self) -> "Counter":
        return self

    def __next__(self) -> AuditRow:
        row = next(self._all)
        self.rows += 1
        self.last = f"{row.seq} {row.hash}"
        return row


def read_rows(file: Path) -> Iterator[AuditRow]:
    """Read exported rows as they were exported: unchecked, in the order of the file."""
    try:
        with file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _row(line, number)
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read: {error}") from error


def _row(line: str, number: int) -> AuditRow:
    try:
        facts = json.loads(line)
        known = {field.attname: facts[field.attname] for field in AuditRow._meta.concrete_fields}
        known["at"] = datetime.fromisoformat(known["at"])
        return AuditRow(**known)
    except (ValueError, KeyError, TypeError) as error:
        raise CommandError(f"Line {number} is not a row of the trail: {error!r}.") from error
