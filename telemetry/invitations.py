"""What a machine must be told once to become a device of ours: its token, and whom to believe."""

import base64
import io
import json
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True)
class InvitationFile:
    """An invitation as a file that a page carries in itself: no second answer has the secret."""

    name: str
    text: str

    @property
    def address(self) -> str:
        """A link from which browsers save the file without asking anybody."""
        return "data:application/json;base64," + base64.b64encode(self.text.encode()).decode()


def file_of(invitation: Invitation) -> InvitationFile:
    """The file for one machine."""
    name = _STRANGE.sub("-", f"{invitation['site']}-{invitation['name']}")
    return InvitationFile(f"{name}.json", json.dumps(invitation, indent=1))


def archive_of(invitations: Sequence[Invitation]) -> bytes:
    """A ZIP with one JSON file for each machine, named by site and machine."""
    file = io.BytesIO()
    taken: set[str] = set()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in invitations:
            kept = file_of(one)
            name = kept.name
            if name.casefold() in taken:
                name = f"{name.removesuffix('.json')}-{one['node_id'][:8]}.json"
            taken.add(name.casefold())
            archive.writestr(name, kept.text)
    return file.getvalue()
