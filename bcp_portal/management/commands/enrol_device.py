"""Enrol a device from the shell."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from assets.models import Site
from bcp_portal.shared.errors import DomainError
from telemetry.invitations import invitation_of
from telemetry.services.device import enrol_device


class Command(BaseCommand):
    """Print one JSON object with the token of the new device, once."""

    help = "Enrol a device at a site and print its token as JSON, once."

    def add_arguments(self, parser: CommandParser) -> None:
        """Site, name and kind."""
        parser.add_argument("site", metavar="SITE-CODE")
        parser.add_argument("--name", required=True, help="what people call the machine")
        parser.add_argument("--kind", default="server", help="server, till, kiosk, ...")
        parser.add_argument(
            "--every", type=int, default=60, metavar="S", help="seconds between heartbeats (60)"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Enrol, and print."""
        site = Site.objects.filter(code__iexact=options["site"]).first()
        if site is None:
            raise CommandError(f"There is no site with the code {options['site']}.")
        try:
            device, token = enrol_device(
                site=site,
                name=options["name"],
                kind=options["kind"],
                heartbeat_every_s=options["every"],
                actor=None,
                at=timezone.now(),
            )
        except DomainError as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(json.dumps(invitation_of(device, token)))
