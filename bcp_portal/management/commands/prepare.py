"""Bring tables, roles, texts and static files up to date, before the programs start."""

from typing import Any

from django.core.management.base import BaseCommand

from bcp_portal.first_start import StaticFiles, prepare


class Command(BaseCommand):
    """What an installation runs once after each update."""

    help = "Migrates, writes the roles, compiles texts and gathers static files."

    def handle(self, **_options: Any) -> None:
        """Do it all; doing it again changes nothing."""
        static = StaticFiles()
        prepare(self.stdout.write)
        static.finish(self.stdout.write)
        self.stdout.write("Prepared.")
