"""Make an API token for a person and print it, once."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from bcp_portal.accounts.models import User
from bcp_portal.accounts.services.api_token import create_api_token


class Command(BaseCommand):
    """Print one JSON object: user, name, token."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose token, and what it is for."""
        parser.add_argument("username")
        parser.add_argument("--name", default="command line")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make the token."""
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"There is no person with the username {options['username']!r}.")
        token, secret = create_api_token(
            user=user, name=options["name"], actor=None, at=timezone.now()
        )
        self.stdout.write(json.dumps({"user": user.username, "name": token.name, "token": secret}))
