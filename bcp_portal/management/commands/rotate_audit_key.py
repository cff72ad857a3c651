"""Sign the checkpoints of the audit trail with a new key from now on."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from bcp_portal.audit.services.key import rotate_key
from bcp_portal.shared.errors import DomainError


class Command(BaseCommand):
    """The old and the new key both sign the checkpoint of the change."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the reason, which is kept, and whether the old key is gone."""
        parser.add_argument("--reason", required=True)
        parser.add_argument("--lost", action="store_true", help="the old key lies nowhere any more")

    def handle(self, *, reason: str, lost: bool, **_options: Any) -> None:
        """Change the key and print the new public one."""
        try:
            row = rotate_key(actor=None, at=timezone.now(), reason=reason, is_lost=lost)
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"Checkpoints are signed with this key from now on: {row}")
