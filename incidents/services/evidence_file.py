"""Verbs of evidence files: a file counts when it is the one that the device named, and once."""

import re
from datetime import datetime

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.live.services import publish
from bcp_portal.shared.errors import DomainError
from bcp_portal.shared.hashing import sha256_hex
from incidents.models import EvidenceFile, Operation

# A photo of a phone; the offline pages keep no larger one (static/js/offline/files.js).
MAX_BYTES = 8 * 1024 * 1024


class WrongFileError(DomainError):
    """This is not the file that the device named."""


@verb
def keep_evidence(
    *, operation: Operation, content: bytes, actor: User, at: datetime
) -> EvidenceFile:
    """Put the file of an operation on record; the same file told again changes nothing."""
    locked = Operation.objects.select_for_update(of=("self",)).get(pk=operation.pk)
    if known := EvidenceFile.objects.filter(operation=locked).first():
        return known
    if locked.actor_id != actor.pk:
        raise WrongFileError(_("Only whoever noted the evidence brings its file."))
    if len(content) > MAX_BYTES:
        raise WrongFileError(_("The file is larger than 8 MB."))
    digest = sha256_hex(content)
    if digest != locked.payload.get("sha256"):
        raise WrongFileError(_("This is not the file whose SHA-256 was noted."))
    name = _tidy(str(locked.payload.get("name", "")))
    path = default_storage.save(f"evidence/{locked.op_id}", ContentFile(content))
    file = EvidenceFile.objects.create(
        operation=locked, name=name, size=len(content), sha256=digest, path=path, received_at=at
    )
    publish(
        topic=f"incident:{locked.incident_id}", kind="evidence", at=at,
        permission="incidents.view_incident",
    )  # fmt: skip
    audit(
        action="evidence.keep", obj=file, actor=actor, at=at,
        after={"op": str(locked.op_id), "sha256": digest, "size": len(content)},
    )  # fmt: skip
    return file


@verb
def note_evidence_download(*, file: EvidenceFile, actor: User, at: datetime) -> None:
    """Note who took a copy of a file."""
    audit(action="evidence.download", obj=file, actor=actor, at=at, after={"sha256": file.sha256})


def _tidy(name: str) -> str:
    """A name that is safe in a header and on any disk."""
    return re.sub(r"[^\w. -]", "_", name).strip(". ")[:120] or "evidence"
