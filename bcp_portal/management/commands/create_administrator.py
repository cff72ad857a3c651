"""Make the first account of an empty portal."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from bcp_portal.first_start import create_administrator, is_first_start


class Command(BaseCommand):
    """One sign-in, printed once."""

    help = "Makes the first administrator and prints the password; refuses when there are people."

    def handle(self, **_options: Any) -> None:
        """Make it, or refuse."""
        if not is_first_start():
            raise CommandError("There are accounts already; an administrator makes the others.")
        self.stdout.write(create_administrator(timezone.now()))
