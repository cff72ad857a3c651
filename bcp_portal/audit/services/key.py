"""Verbs of the signing key: made at the first start, changed by people, never forgotten."""

from datetime import datetime

from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.utils.translation import gettext as _

from bcp_portal.audit.models import AuditKey
from bcp_portal.audit.services.checkpoint import sign_all, sign_with
from bcp_portal.audit.signing import Signer, new_signer, places, store_signer, stored_signers
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError


class KeyElsewhereError(DomainError):
    """The key that signs now does not lie on this machine."""


@verb
def rotate_key(
    *, actor: AbstractUser | None, at: datetime, reason: str, is_lost: bool = False
) -> AuditKey:
    """Sign with a new key from now on.

    The next checkpoint is signed by the old and the new key, so that whoever trusts the old one
    can follow. Where the old key is lost, only the audit row vouches for the new one.
    """
    active = AuditKey.objects.select_for_update().filter(signs=True).first()
    known = {signer.key: signer for signer in stored_signers()}
    old = known.get(active.key) if active else None
    if active is not None and old is None and not is_lost:
        raise KeyElsewhereError(
            _("The present key does not lie on this machine. Say --lost if it lies nowhere.")
        )
    sign_all(at=at)
    if active is not None:
        active.signs, active.retired_at = False, at
        active.save(update_fields=["signs", "retired_at"])
    signer = new_signer()
    _place, fresh = places()
    fresh.unlink(missing_ok=True)
    store_signer(signer, fresh)
    row = AuditKey.objects.create(name=signer.name, public=signer.key.public, made_at=at)
    audit(
        action="audit.rotate_key",
        obj=row,
        actor=actor,
        at=at,
        reason=reason,
        before={"key": str(active or "")},
        after={"key": str(row), "old_key_lost": old is None},
    )
    transaction.on_commit(lambda: _settle(signer, old, at))
    return row


def _settle(signer: Signer, old: Signer | None, at: datetime) -> None:
    """The change is committed: put the key in its place, and let both sign the row that says so."""
    place, fresh = places()
    fresh.replace(place)
    # A note has one name: a key renamed with the portal's address signs alone.
    both = [signer, old] if old is not None and old.name == signer.name else [signer]
    sign_with(signers=both, at=at)
