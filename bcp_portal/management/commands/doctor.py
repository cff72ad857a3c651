"""Say which promises hold here, and what is missing for the rest."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from bcp_portal.diagnosis import Diagnosis, diagnose


class Command(BaseCommand):
    """Ask every part of the installation how it is."""

    help = "Prints which promises hold in the present profile and what is missing."
    requires_system_checks: list[str] = []  # a doctor also visits the ill

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Offer the answer for programs."""
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *, as_json: bool, **_options: Any) -> None:
        """Print, and fail if something is broken (not merely absent)."""
        diagnosis = diagnose(timezone.now())
        self.stdout.write(diagnosis.as_json() if as_json else self._page(diagnosis))
        if diagnosis.is_broken:
            raise CommandError("Something is broken; see above.", returncode=1)

    def _page(self, diagnosis: Diagnosis) -> str:
        lines = [f"Profile: {diagnosis.profile}", ""]
        lines += [f"  {one.state:<7} {one.part:<12} {one.says}" for one in diagnosis.findings]
        lines.append("")
        for promise in diagnosis.promises:
            lines.append(f"  {promise.code} {promise.verdict}: {promise.text}")
            lines += [f"       - {reason}" for reason in promise.because]
        return "\n".join(lines)
