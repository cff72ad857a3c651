"""Verbs of a rebuild: say what was lost, bring copies into quarantine, release them in pairs."""

import zlib
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.live.services import publish
from bcp_portal.shared.errors import DomainError, NotAllowedError
from telemetry.models import Rebuild, SiteCopy, Stream
from telemetry.models.rebuild import CopyMatch, CopyStatus
from telemetry.rebuilding.copies import compare, newest_digest, read_copy
from telemetry.rebuilding.coverage import coverage


class RebuildError(DomainError):
    """It cannot be done to this rebuild or copy now."""


@verb
def open_rebuild(
    *, restored_to: datetime, lost_at: datetime, reason: str, actor: User, at: datetime
) -> Rebuild:
    """Say that the centre is back at an old point, and what lies between is gone there."""
    if restored_to >= lost_at:
        raise RebuildError(_("The copy must be older than the loss."))
    if lost_at > at:
        raise RebuildError(_("The loss cannot lie in the future."))
    if not reason.strip():
        raise RebuildError(_("Write what happened to the centre."))
    number = (Rebuild.objects.aggregate(last=Max("number"))["last"] or 0) + 1
    rebuild = Rebuild.objects.create(
        number=number,
        code=f"RB-{number}",
        reason=reason.strip()[:500],
        restored_to=restored_to,
        lost_at=lost_at,
        opened_at=at,
        opened_by=actor,
    )
    audit(
        action="rebuild.open",
        obj=rebuild,
        actor=actor,
        at=at,
        reason=rebuild.reason,
        after={"restored_to": restored_to, "lost_at": lost_at},
    )
    _tell(rebuild, "opened", at)
    return rebuild


@verb
def bring_copy(
    *,
    rebuild: Rebuild,
    stream: Stream,
    scope: str,
    content: bytes,
    actor: User,
    at: datetime,
) -> SiteCopy:
    """Take a site's copy into quarantine and compare it with what was told before the loss."""
    locked = _open(rebuild)
    if not Stream.objects.visible_to(actor).filter(pk=stream.pk).exists():
        raise NotAllowedError(_("You do not look after this site."))
    read = read_copy(content)
    if read.first_at > locked.lost_at or read.last_at < locked.restored_to:
        raise RebuildError(_("Nothing in this file lies in the time that was lost."))
    told = newest_digest(stream, scope=scope.strip(), until=locked.lost_at)
    try:
        with transaction.atomic():
            copy = SiteCopy.objects.create(
                rebuild=locked,
                stream=stream,
                scope=scope.strip()[:64],
                first_at=read.first_at,
                last_at=read.last_at,
                rows=read.rows,
                digest=read.digest,
                told=told,
                match=compare(read, told),
                records=zlib.compress(content, 6),
                sha256=read.sha256,
                brought_by=actor,
                brought_at=at,
            )
    except IntegrityError:
        raise RebuildError(_("This very file is here already.")) from None
    after = {"rows": read.rows, "sha256": read.sha256, "match": copy.match}
    audit(action="rebuild.bring", obj=copy, actor=actor, at=at, after=after)
    _tell(locked, "brought", at)
    return copy


@verb
def release_copy(*, copy: SiteCopy, note: str, actor: User, at: datetime) -> SiteCopy:
    """Let a copy out of quarantine; never by who brought it, never against its digest."""
    locked = _waiting(copy)
    if locked.brought_by_id == actor.pk:
        raise RebuildError(_("You brought this copy; somebody else must release it."))
    if locked.match == CopyMatch.DIFFERS:
        raise RebuildError(
            _("This copy differs from what was told before the loss. Fetch it again or refuse it.")
        )
    if locked.match == CopyMatch.UNPROVEN and not note.strip():
        raise RebuildError(_("No digest proves this copy: write how you checked it."))
    same = SiteCopy.objects.filter(
        rebuild=locked.rebuild_id, stream=locked.stream_id, scope=locked.scope
    )
    if same.filter(status=CopyStatus.RELEASED).exists():
        raise RebuildError(_("Another copy of the same span was released already."))
    return _settle(locked, CopyStatus.RELEASED, note, actor, at)


@verb
def refuse_copy(*, copy: SiteCopy, note: str, actor: User, at: datetime) -> SiteCopy:
    """Say that a copy will not be used, and why; one person is enough."""
    if not note.strip():
        raise RebuildError(_("Write why it is not used."))
    return _settle(_waiting(copy), CopyStatus.REFUSED, note, actor, at)


@verb
def close_rebuild(*, rebuild: Rebuild, note: str, actor: User, at: datetime) -> Rebuild:
    """End it with the picture as it is: what came back, and what nobody holds."""
    locked = _open(rebuild)
    if locked.opened_by_id == actor.pk:
        raise RebuildError(_("You opened this; somebody else must look at it and close it."))
    if locked.copies.filter(status=CopyStatus.QUARANTINED).exists():
        raise RebuildError(_("There are copies in quarantine: release or refuse them first."))
    if not note.strip():
        raise RebuildError(_("Write what was compared and what stays lost."))
    released = locked.copies.filter(status=CopyStatus.RELEASED)
    figures = coverage(locked, user=actor).as_json()
    figures["released"] = released.count()
    locked.closed_at, locked.closed_by, locked.note = at, actor, note.strip()[:500]
    locked.figures = figures
    locked.save(update_fields=["closed_at", "closed_by", "note", "figures"])
    audit(action="rebuild.close", obj=locked, actor=actor, at=at, reason=note, after=figures)
    _tell(locked, "closed", at)
    return locked


def _open(rebuild: Rebuild) -> Rebuild:
    locked = Rebuild.objects.select_for_update().get(pk=rebuild.pk)
    if locked.closed_at is not None:
        raise RebuildError(_("This rebuild is closed."))
    return locked


def _waiting(copy: SiteCopy) -> SiteCopy:
    locked = SiteCopy.objects.select_for_update().defer("records").get(pk=copy.pk)
    _open(locked.rebuild)
    if locked.status != CopyStatus.QUARANTINED:
        raise RebuildError(_("This copy has been settled already."))
    return locked


def _settle(copy: SiteCopy, status: CopyStatus, note: str, actor: User, at: datetime) -> SiteCopy:
    copy.status, copy.settled_by, copy.settled_at = status, actor, at
    copy.note = note.strip()[:300]
    copy.save(update_fields=["status", "settled_by", "settled_at", "note"])
    after = {"status": status, "match": copy.match, "sha256": copy.sha256}
    audit(action=f"rebuild.{status}", obj=copy, actor=actor, at=at, reason=copy.note, after=after)
    _tell(copy.rebuild, status, at)
    return copy


def _tell(rebuild: Rebuild, kind: str, at: datetime) -> None:
    publish(topic="rebuilds", kind=kind, at=at, permission="telemetry.view_order")
