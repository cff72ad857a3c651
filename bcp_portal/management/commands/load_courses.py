"""Add the courses that come with the portal and are not there yet."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from bcp_portal.accounts.services.training import load_courses


class Command(BaseCommand):
    """Courses that people have changed stay as they are."""

    help = __doc__

    def handle(self, **_options: Any) -> None:
        """Add, and say how many."""
        self.stdout.write(f"{load_courses(at=timezone.now())} courses added")
