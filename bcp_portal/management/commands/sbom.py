"""Write down what the portal is made of."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from bcp_portal.bill_of_materials import bill_of_materials


class Command(BaseCommand):
    """Print the software bill of materials, or write it to a file."""

    help = "Writes the installed packages and vendored files as CycloneDX 1.6 JSON."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file to write."""
        parser.add_argument("--out", type=Path)

    def handle(self, *, out: Path | None, **_options: Any) -> None:
        """Write it."""
        text = json.dumps(bill_of_materials(), indent=1) + "\n"
        if out is None:
            self.stdout.write(text, ending="")
        else:
            out.write_text(text)
