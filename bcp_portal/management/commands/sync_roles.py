"""Write the table of roles into the database."""

from typing import Any

from django.core.management.base import BaseCommand

from bcp_portal.accounts.services.role import sync_roles


class Command(BaseCommand):
    """Make the groups hold exactly what the table of roles says."""

    help = __doc__

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Do it and say so."""
        self.stdout.write(f"{sync_roles()} roles in step with the table")
