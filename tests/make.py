"""Makers of valid things; a test states every fact it depends on and none that it does not."""

from datetime import UTC, datetime, timedelta
from itertools import count

from django.contrib.auth.models import Group

from assets.models import Region, Site
from bcp_portal.accounts.models import ContactKind, ContactMethod, User
from bcp_portal.accounts.roles import Role
from bcp_portal.accounts.services.role import sync_roles
from telemetry.models import Device, DeviceState, NodeState, Stream, StreamState

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
PASSWORD = "correct horse battery"

_serial = count(1)


def make_user(*roles: Role, is_reachable: bool = True, **fields: object) -> User:
    number = next(_serial)
    defaults: dict[str, object] = {
        "username": f"person-{number}",
        "email": f"person-{number}@example.org",
    }
    user = User.objects.create_user(**(defaults | fields), password=PASSWORD)
    if roles:
        if not Group.objects.filter(permissions__isnull=False).exists():
            sync_roles()
        user.groups.set(Group.objects.filter(name__in=[str(role) for role in roles]))
    if is_reachable:
        ContactMethod.objects.create(user=user, kind=ContactKind.MAIL, address=user.email)
    return user


def make_region(**fields: object) -> Region:
    number = next(_serial)
    return Region.objects.create(**({"code": f"R{number}", "name": f"Region {number}"} | fields))


def make_site(**fields: object) -> Site:
    number = next(_serial)
    if "region" not in fields:
        fields["region"] = make_region()
    return Site.objects.create(**({"code": f"S-{number}", "name": f"Site {number}"} | fields))


def make_device(*, heard_at: datetime | None = None, **fields: object) -> Device:
    """A device with its state; `heard_at` is when we last received something from it."""
    number = next(_serial)
    if "site" not in fields:
        fields["site"] = make_site()
    state = fields.pop("node_state", NodeState.ONLINE if heard_at else NodeState.NEVER)
    defaults = {"name": f"dev-{number}", "token_hash": f"{number:064d}", "enrolled_at": NOON}
    device = Device.objects.create(**(defaults | fields))
    DeviceState.objects.create(
        device=device,
        last_received_at=heard_at,
        last_sampled_at=heard_at,
        node_state=state,
        node_state_since=heard_at,
        heartbeats_since_return=2 if heard_at else 0,
    )
    return device


def make_stream_state(device: Device, *, rpo: timedelta | None, **fields: object) -> StreamState:
    """A stream of a device's site, with what waits in it."""
    stream = Stream.objects.create(site=device.site, name=f"stream-{next(_serial)}", rpo=rpo)
    defaults = {"sampled_at": NOON, "received_at": NOON}
    return StreamState.objects.create(stream=stream, device=device, **(defaults | fields))
