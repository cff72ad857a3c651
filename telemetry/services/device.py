"""Verbs of a device."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from assets.changes import check_row, set_fields
from assets.models import Site
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError
from bcp_portal.shared.hashing import keyed_hash, new_secret
from telemetry.models import Device, DeviceState
from telemetry.tokens import DEVICE_TOKEN, DEVICE_TOKEN_PREFIX

# What of a device may be corrected; its name and site are its identity.
DEVICE_FACTS = ("kind", "heartbeat_every_s")


class DeviceNameTakenError(DomainError):
    """The site already has a device of this name."""


class DeviceRevokedError(DomainError):
    """The device's token no longer opens anything."""


@verb
def enrol_device(
    *,
    site: Site,
    name: str,
    actor: User | None,
    at: datetime,
    kind: str = "server",
    heartbeat_every_s: int = 60,
) -> tuple[Device, str]:
    """Register a machine at a site and make its token, which is shown this once.

    Whoever holds the token may send for this device; only its keyed hash is kept.
    """
    name = name.strip()
    if not name:
        raise DomainError(_("A device needs a name."))
    token = new_secret(DEVICE_TOKEN_PREFIX)
    try:
        with transaction.atomic():
            device = Device.objects.create(
                node_id=uuid4(),
                site=site,
                name=name,
                kind=kind,
                token_hash=keyed_hash(DEVICE_TOKEN, token),
                heartbeat_every_s=heartbeat_every_s,
                enrolled_at=at,
            )
    except IntegrityError:
        raise DeviceNameTakenError(
            _("%(site)s already has a device called “%(name)s”.") % {"site": site, "name": name}
        ) from None
    DeviceState.objects.create(device=device)
    audit(
        action="device.enrol",
        obj=device,
        actor=actor,
        at=at,
        after={"site": site.code, "name": name, "kind": kind, "node_id": device.node_id},
    )
    return device, token


@verb
def edit_device(*, device: Device, facts: Mapping[str, Any], actor: User, at: datetime) -> Device:
    """Correct what kind of machine it is, or how often it reports."""
    locked = _locked(device)
    before, after = set_fields(locked, facts, DEVICE_FACTS)
    if not after:
        return locked
    check_row(locked, only=DEVICE_FACTS)
    locked.save(update_fields=list(after))
    audit(action="device.edit", obj=locked, actor=actor, at=at, before=before, after=after)
    return locked


@verb
def replace_token(*, device: Device, actor: User | None, at: datetime, reason: str = "") -> str:
    """Give a device a new token; the old one opens nothing from now on."""
    locked = _locked(device)
    token = new_secret(DEVICE_TOKEN_PREFIX)
    locked.token_hash = keyed_hash(DEVICE_TOKEN, token)
    locked.save(update_fields=["token_hash"])
    audit(action="device.replace_token", obj=locked, actor=actor, at=at, reason=reason)
    return token


@verb
def revoke_device(*, device: Device, actor: User | None, at: datetime, reason: str = "") -> Device:
    """Close the door to a device: lost, stolen or cloned; nothing it sends is taken any more."""
    locked = _locked(device)
    locked.revoked_at = at
    locked.save(update_fields=["revoked_at"])
    audit(
        action="device.revoke",
        obj=locked,
        actor=actor,
        at=at,
        reason=reason,
        after={"revoked_at": at},
    )
    return locked


@verb
def retire_device(*, device: Device, actor: User | None, at: datetime, reason: str = "") -> Device:
    """Say that a machine has served its time; its silence means nothing from now on."""
    locked = _locked(device)
    locked.retired_at = at
    locked.save(update_fields=["retired_at"])
    audit(
        action="device.retire",
        obj=locked,
        actor=actor,
        at=at,
        reason=reason,
        after={"retired_at": at},
    )
    return locked


def _locked(device: Device) -> Device:
    locked = Device.objects.select_for_update().get(pk=device.pk)
    if locked.revoked_at or locked.retired_at:
        raise DeviceRevokedError(
            _("%(device)s is no longer in service; enrol a new device instead.")
            % {"device": locked}
        )
    return locked
