"""Load the demo company Rodajaya into an empty database and print its sign-ins."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from bcp_portal.accounts.models import User
from bcp_portal.demo.people import PEOPLE
from bcp_portal.demo.seed import found_rodajaya


class Command(BaseCommand):
    """Found the company; the passwords are made now and printed this once."""

    help = __doc__

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Refuse a database that people already use."""
        if User.objects.exists():
            raise CommandError(
                "This database already has people in it; the demo wants an empty one."
            )
        passwords = found_rodajaya(at=timezone.now())
        self.stdout.write("Rodajaya, the demo company. Sign in as")
        for person in PEOPLE:
            roles = ", ".join(str(role.label) for role in person.roles)
            self.stdout.write(
                f"  {person.username:8} {passwords[person.username]}  {person.name}, {roles}"
            )
