"""Run the demo's fleet: a real agent at every site, a real till at every shop."""

import json
import signal
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection
from django.utils import timezone

from assets.models import Site
from bcp_portal.demo.drills import fleet_folder
from bcp_portal.demo.fleet import Fleet, missing_sites, tablet_home
from bcp_portal.demo.places import FIELD_PLACES, TABLET_SITE
from siaga_agent.demo_source import STREAM
from siaga_agent.enrol import enrol
from telemetry.models import Device
from telemetry.ordering.signing import public_key
from telemetry.ordering.spoken import voice_key
from telemetry.services.device import enrol_device, replace_token
from telemetry.services.stream import agree_interval

AGENT, CORE_AGENT, TABLET = "till server", "core server", "counter tablet"
SYNC_EVERY = timedelta(seconds=30)


class Command(BaseCommand):
    """Enrol what is not enrolled yet, then run until stopped."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Where the portal is."""
        parser.add_argument("--portal", default=settings.BASE_URL)

    def handle(self, *_args: Any, portal: str, **_options: Any) -> None:
        """Start every site."""
        folder = fleet_folder(settings.DATA_DIR)
        for place in missing_sites(folder):
            name = AGENT if place in FIELD_PLACES else CORE_AGENT
            _enrol(folder / place.code / "agent", place.code, name, portal, at=timezone.now())
            if place in FIELD_PLACES:
                _agree(place.code, at=timezone.now())
        if not (tablet_home(folder) / "agent.json").exists():
            _enrol(tablet_home(folder), TABLET_SITE, TABLET, portal, at=timezone.now())
        connection.close()
        fleet = Fleet(folder, portal)
        for wanted in (signal.SIGTERM, signal.SIGINT):
            signal.signal(wanted, lambda *_: fleet.stop())
        fleet.run()


def _agree(code: str, *, at: datetime) -> None:
    """The shops promise to synchronise twice a minute."""
    agree_interval(
        site=Site.objects.get(code=code), name=STREAM, every=SYNC_EVERY, actor=None, at=at
    )


def _enrol(home: Path, code: str, name: str, portal: str, *, at: datetime) -> None:
    site = Site.objects.get(code=code)
    device = Device.objects.filter(site=site, name=name).first()
    if device is None:
        device, token = enrol_device(site=site, name=name, heartbeat_every_s=5, actor=None, at=at)
    else:
        token = replace_token(device=device, actor=None, at=at, reason="The agent's folder is new")
    told = {
        "node_id": str(device.node_id),
        "site": code,
        "name": device.name,
        "token": token,
        "portal": portal,
        "orders_key": public_key(),
        "voice_key": voice_key(device),
    }
    invitation = home.parent / f"invitation-{home.name}.json"
    home.parent.mkdir(parents=True, exist_ok=True)
    invitation.touch(mode=0o600)
    invitation.write_text(json.dumps(told))
    try:
        enrol(home=home, token_json=str(invitation))
    finally:
        invitation.unlink()
