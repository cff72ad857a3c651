"""Verbs of devices with a sealed copy: the lease is refreshed, a lost one is emptied."""

from datetime import datetime, timedelta
from uuid import UUID

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from incidents.models import OfflineDevice

NOTED_EVERY = timedelta(minutes=5)


@verb
def note_device(*, uid: UUID, user: User, label: str, at: datetime) -> OfflineDevice:
    """Note that a device was heard; one that was reported lost stays lost."""
    device, is_new = OfflineDevice.objects.get_or_create(
        uid=uid,
        user=user,
        defaults={"label": label[:120], "created_at": at, "seen_at": at},
    )
    if is_new:
        audit(action="offline.lend", obj=device, actor=user, at=at, after={"label": device.label})
    elif device.revoked_at is None and at - device.seen_at > NOTED_EVERY:
        device.seen_at = at
        device.save(update_fields=["seen_at"])
    return device


@verb
def revoke_device(*, device: OfflineDevice, actor: User, at: datetime) -> OfflineDevice:
    """Report a device lost: at the next contact it empties itself."""
    if device.revoked_at is None:
        device.revoked_at = at
        device.save(update_fields=["revoked_at"])
        audit(action="offline.revoke", obj=device, actor=actor, at=at)
    return device
