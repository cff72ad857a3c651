"""Verbs of the tree of causes: added, reworded, shown by evidence, taken away while it is open."""

from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext as _

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from incidents.models import Cause, CauseEvidence, CauseKind, Review, ReviewStatus, TimelineEntry
from incidents.services.review import ReviewRefusedError

DEEPEST = 6


@verb
def add_cause(
    *,
    review: Review,
    text: str,
    kind: str,
    actor: User,
    at: datetime,
    parent: Cause | None = None,
) -> Cause:
    """Say what led to the incident, or to the cause above it."""
    locked = _open_review(review)
    if parent is not None and parent.review_id != locked.pk:
        raise ReviewRefusedError(_("This cause belongs to another review."))
    if parent is not None and _depth(parent) >= DEEPEST:
        raise ReviewRefusedError(_("Six whys are enough; write this beside the last one."))
    cause = Cause.objects.create(
        review=locked,
        parent=parent,
        kind=CauseKind(kind),
        text=_said(text),
        position=Cause.objects.filter(review=locked).count() + 1,
    )
    after = {"text": cause.text, "kind": cause.kind, "under": parent.text if parent else None}
    _written(locked, "cause_add", actor=actor, at=at, after=after)
    return cause


@verb
def change_cause(*, cause: Cause, text: str, kind: str, actor: User, at: datetime) -> Cause:
    """Word a cause anew."""
    review = _open_review(cause.review)
    locked = Cause.objects.select_for_update().get(pk=cause.pk)
    before = {"text": locked.text, "kind": locked.kind}
    locked.text, locked.kind = _said(text), CauseKind(kind)
    locked.save(update_fields=["text", "kind"])
    after = {"text": locked.text, "kind": locked.kind}
    _written(review, "cause_change", actor=actor, at=at, before=before, after=after)
    return locked


@verb
def cite_evidence(
    *,
    cause: Cause,
    actor: User,
    at: datetime,
    entry: TimelineEntry | None = None,
    note: str = "",
) -> CauseEvidence:
    """Name what shows that the cause is one."""
    review = _open_review(cause.review)
    if entry is None and not note.strip():
        raise ReviewRefusedError(_("Choose an entry of the timeline, or say where to look."))
    if entry is not None and entry.incident_id != review.incident_id:
        raise ReviewRefusedError(_("This entry belongs to another incident."))
    evidence = CauseEvidence.objects.create(cause=cause, entry=entry, note=note.strip())
    after = {"cause": cause.text, "entry": entry.pk if entry else None, "note": evidence.note}
    _written(review, "cause_cite", actor=actor, at=at, after=after)
    return evidence


@verb
def remove_cause(*, cause: Cause, actor: User, at: datetime) -> None:
    """Take a cause away, with what lies under it; the trail keeps what it said."""
    review = _open_review(cause.review)
    before = {"text": cause.text, "kind": cause.kind, "under": cause.children.count()}
    cause.delete()
    _written(review, "cause_remove", actor=actor, at=at, before=before)


def _open_review(review: Review) -> Review:
    locked = Review.objects.select_for_update().get(pk=review.pk)
    if locked.status == ReviewStatus.SIGNED_OFF:
        raise ReviewRefusedError(_("The review is signed off. Reopen it to change it."))
    return locked


def _said(text: str) -> str:
    if not text.strip():
        raise ReviewRefusedError(_("Say what it was."))
    return text.strip()


def _depth(cause: Cause) -> int:
    depth, above = 1, cause.parent
    while above is not None:
        depth, above = depth + 1, above.parent
    return depth


def _written(
    review: Review,
    deed: str,
    *,
    actor: User,
    at: datetime,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    review.authors.add(actor)
    audit(
        action=f"review.{deed}", obj=review, actor=actor, at=at, before=before or {},
        after=after or {},
    )  # fmt: skip
