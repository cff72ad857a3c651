"""The verbs that take a file of devices over, or nothing of it, and back; and the rehearsal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models.deletion import ProtectedError
from django.utils.translation import gettext as _

from assets.changes import BadFactsError, check_row
from assets.models import Site
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError
from telemetry.device_imports import DeviceDraft, read_fact
from telemetry.models import Device, DeviceImport, Signal
from telemetry.services.device import edit_device, enrol_device

Made = list[tuple[Device, str]]
Key = tuple[str, str]


class FaultyDevicesError(DomainError):
    """Some rows cannot be taken over; nothing was."""


class DeviceImportUndoneError(DomainError):
    """The import has been taken back, or something has happened since."""


@dataclass(frozen=True)
class PlannedDevice:
    """What one row would do: only the facts that differ, and why it cannot be done."""

    draft: DeviceDraft
    site: Site | None
    device: Device | None
    facts: dict[str, Any]
    errors: list[str]

    @property
    def state(self) -> str:
        """Broken, new, changed or unchanged."""
        if self.errors:
            return "error"
        if self.device is None:
            return "new"
        return "changed" if self.facts else "unchanged"


def plan_devices(drafts: Sequence[DeviceDraft], *, user: User) -> list[PlannedDevice]:
    """Say what an import would do, without doing it. A fixed number of queries."""
    codes = {draft.site for draft in drafts}
    sites = {site.code: site for site in Site.objects.visible_to(user).filter(code__in=codes)}
    known = {
        (device.site.code, device.name): device
        for device in Device.objects.filter(site__in=sites.values()).select_related("site")
    }
    seen: set[Key] = set()
    rows = []
    for draft in drafts:
        site, device = sites.get(draft.site), known.get((draft.site, draft.name))
        facts, errors = _facts(draft)
        errors = _row_errors(draft, site, device, seen) + errors
        seen.add((draft.site, draft.name))
        if device is not None:
            facts = {name: new for name, new in facts.items() if getattr(device, name) != new}
        rows.append(PlannedDevice(draft, site, device, facts, errors or _refusals(draft, facts)))
    return rows


@verb
def import_devices(
    *, drafts: Sequence[DeviceDraft], file_name: str, actor: User, at: datetime
) -> tuple[DeviceImport, Made]:
    """Take a file over, all of it or nothing; each new device with its token, told this once."""
    rows = plan_devices(drafts, user=actor)
    if faulty := [row for row in rows if row.errors]:
        raise FaultyDevicesError(
            _("Row %(row)s: %(why)s Nothing was taken over.")
            % {"row": faulty[0].draft.line, "why": faulty[0].errors[0]}
        )
    made: Made = []
    changes = []
    for row in rows:
        before: dict[str, Any] | None = None
        if row.device is None:
            assert row.site is not None
            made.append(
                enrol_device(
                    site=row.site, name=row.draft.name, actor=actor, at=at, **_whole(row.facts)
                )
            )
        elif row.facts:
            before = {name: getattr(row.device, name) for name in row.facts}
            edit_device(device=row.device, facts=row.facts, actor=actor, at=at)
        else:
            continue
        changes.append(
            {
                "site": row.draft.site, "name": row.draft.name,
                "before": before, "after": row.facts if before else _whole(row.facts),
            }
        )  # fmt: skip
    batch = DeviceImport.objects.create(
        file_name=file_name[:200], changes=changes, made_by=actor, made_at=at
    )
    after = {"file": batch.file_name, "devices": len(changes)}
    audit(action="device.import", obj=batch, actor=actor, at=at, after=after)
    return batch, made


@verb
def undo_device_import(*, batch: DeviceImport, actor: User, at: datetime) -> DeviceImport:
    """Put every device back as it was; one that was changed since stops it, nothing is undone.

    A device that the file enrolled and that nobody ever heard is gone again, and its invitation
    opens nothing. One that has reported stops it, too: its history is not ours to take away.
    """
    batch = DeviceImport.objects.select_for_update().get(pk=batch.pk)
    if batch.undone_at is not None:
        raise DeviceImportUndoneError(_("This import has already been taken back."))
    sites = {change["site"] for change in batch.changes}
    devices = {
        (device.site.code, device.name): device
        for device in Device.objects.visible_to(actor)
        .filter(site__code__in=sites)
        .select_related("site", "state")
        .select_for_update(of=("self",))
    }
    for change in batch.changes:
        device = devices.get((change["site"], change["name"]))
        now = {name: getattr(device, name, None) for name in change["after"]}
        if device is None or now != change["after"] or device.revoked_at or device.retired_at:
            raise DeviceImportUndoneError(
                _("%(site)s/%(name)s was changed since; nothing was taken back.") % change
            )
        if change["before"] is None:
            _unenrol(device, actor=actor, at=at)
        else:
            edit_device(device=device, facts=change["before"], actor=actor, at=at)
    batch.undone_at, batch.undone_by = at, actor
    batch.save(update_fields=["undone_at", "undone_by"])
    audit(action="device.import_undo", obj=batch, actor=actor, at=at)
    return batch


def _unenrol(device: Device, *, actor: User, at: datetime) -> None:
    if device.state.last_received_at or Signal.objects.filter(device=device).exists():
        raise DeviceImportUndoneError(
            _("%(device)s has reported since; revoke it instead. Nothing was taken back.")
            % {"device": device}
        )
    before = {"site": device.site.code, "name": device.name, "node_id": device.node_id}
    audit(action="device.unenrol", obj=device, actor=actor, at=at, before=before)
    try:
        device.delete()
    except ProtectedError:
        raise DeviceImportUndoneError(
            _("Something is on record about %(device)s. Nothing was taken back.")
            % {"device": device}
        ) from None


def _row_errors(
    draft: DeviceDraft, site: Site | None, device: Device | None, seen: set[Key]
) -> list[str]:
    if not draft.site or not draft.name:
        return [_("A device needs the code of its site, and a name.")]
    if (draft.site, draft.name) in seen:
        return [_("The device stands twice in the file.")]
    if site is None:
        return [_("There is no site %(code)s among those you look after.") % {"code": draft.site}]
    if site.closed_on is not None:
        return [_("The site has been closed.")]
    if device is not None and (device.revoked_at or device.retired_at):
        return [
            _("%(device)s is no longer in service; enrol a new device instead.")
            % {"device": device}
        ]
    return []


def _facts(draft: DeviceDraft) -> tuple[dict[str, Any], list[str]]:
    facts: dict[str, Any] = {}
    errors = []
    for name, text in draft.facts.items():
        try:
            facts[name] = read_fact(name, text)
        except ValueError as error:
            errors.append(str(error))
    return facts, errors


def _refusals(draft: DeviceDraft, facts: dict[str, Any]) -> list[str]:
    """What the database would refuse, asked of a row that is never saved."""
    try:
        check_row(Device(name=draft.name, **facts), only=("name", "kind", "heartbeat_every_s"))
    except BadFactsError as refusal:
        return [str(refusal)]
    return []


def _whole(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts of a new device, with what holds where the file says nothing."""
    return {"kind": "server", "heartbeat_every_s": 60} | facts
