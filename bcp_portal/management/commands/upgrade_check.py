"""Say whether it is safe to begin an update."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from bcp_portal.upgrade import check_upgrade, is_safe


class Command(BaseCommand):
    """Ask before an update, and once more after it."""

    help = "Checks migrations, versions, settings and the backup; status 1 if anything is open."
    requires_system_checks: list[str] = []

    def handle(self, **_options: Any) -> None:
        """Print each finding."""
        findings = check_upgrade(timezone.now())
        for one in findings:
            self.stdout.write(f"  {one.state:<7} {one.part:<11} {one.says}")
        if not is_safe(findings):
            raise CommandError("Settle what is open first; see docs/backup.md.", returncode=1)
        self.stdout.write("Nothing stands against an update.")
