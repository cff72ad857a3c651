"""What a machine must be told once to become a device of ours: its token, and whom to believe."""

import io
import json
import re
import zipfile
from collections.abc import Sequence

from django.conf import settings

from telemetry.models import Device
from telemetry.ordering.signing import public_key
from telemetry.ordering.spoken import voice_key

Invitation = dict[str, str]
_STRANGE = re.compile(r"[^A-Za-z0-9._-]+")


def invitation_of(device: Device, token: str) -> Invitation:
    """What `siaga-agent enrol --token-json` reads."""
    return {
        "node_id": str(device.node_id),
        "site": device.site.code,
        "name": device.name,
        "token": token,
        "portal": settings.BASE_URL,
        "orders_key": public_key(),
        "voice_key": voice_key(device),
    }


def archive_of(invitations: Sequence[Invitation]) -> bytes:
    """A ZIP with one JSON file for each machine, named by site and machine."""
    file = io.BytesIO()
    taken: set[str] = set()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in invitations:
            name = _STRANGE.sub("-", f"{one['site']}-{one['name']}")
            if name.casefold() in taken:
                name = f"{name}-{one['node_id'][:8]}"
            taken.add(name.casefold())
            archive.writestr(f"{name}.json", json.dumps(one, indent=1))
    return file.getvalue()
