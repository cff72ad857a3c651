"""Verbs of a review: opened after the recovery, written by several hands, signed off once."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bcp_portal.accounts.holders import holders_of
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.models import Deadline
from bcp_portal.engine.services.deadline import cancel_deadlines, set_deadline
from bcp_portal.shared.errors import DomainError
from incidents.models import (
    REVIEW_LIFECYCLE,
    Importance,
    Incident,
    IncidentStatus,
    NoticeKind,
    Review,
    ReviewStatus,
    Severity,
    TimelineKind,
)
from incidents.services.notice import write_notice
from incidents.services.timeline import write_entry

DEADLINE = "incidents.review_due"
# The graver it was, the sooner its lesson is due.
DUE_WITHIN = {
    Severity.CRITICAL: timedelta(days=3),
    Severity.HIGH: timedelta(days=5),
    Severity.MODERATE: timedelta(days=7),
}
DUE_AT_LAST = timedelta(days=14)
TEXTS = ("went_well", "went_badly", "lucky", "root_cause", "contributing")


class ReviewRefusedError(DomainError):
    """This cannot be done to the review now."""


class ReviewChangedError(DomainError):
    """Somebody else saved the review meanwhile."""


@verb
def open_review(
    *, incident: Incident, actor: User, at: datetime, owner: User | None = None
) -> Review:
    """Begin to look back; there is one review of an incident."""
    if incident.status not in (IncidentStatus.RECOVERED, IncidentStatus.CLOSED):
        raise ReviewRefusedError(
            _("%(code)s is not over yet; look back after the recovery.") % {"code": incident.code}
        )
    due_at = at + DUE_WITHIN.get(Severity(incident.severity), DUE_AT_LAST)
    try:
        with transaction.atomic():
            review = Review.objects.create(
                incident=incident,
                owner=owner or incident.commander or actor,
                opened_at=at,
                due_at=due_at,
            )
    except IntegrityError:
        # Somebody opened it at the same moment: that is the one.
        return Review.objects.get(incident=incident)
    set_deadline(kind=DEADLINE, subject_id=review.pk, due_at=due_at, at=at)
    _tell(review, gettext_noop("Review opened"), actor=actor, at=at)
    audit(action="review.open", obj=review, actor=actor, at=at, after={"incident": incident.code})
    return review


@verb
def save_review(
    *, review: Review, texts: dict[str, str], actor: User, at: datetime, version: int | None = None
) -> Review:
    """Save what was written. With `version` nobody overwrites what a colleague saved meanwhile."""
    locked = Review.objects.select_for_update().get(pk=review.pk)
    if locked.status == ReviewStatus.SIGNED_OFF:
        raise ReviewRefusedError(_("The review is signed off. Reopen it to change it."))
    if version is not None and version != locked.version:
        raise ReviewChangedError(
            _("Somebody saved this review meanwhile. Compare, and save again.")
        )
    before = {name: getattr(locked, name) for name in TEXTS}
    changed = {name: text for name, text in texts.items() if name in TEXTS and before[name] != text}
    if not changed:
        return locked
    for name, text in changed.items():
        setattr(locked, name, text)
    locked.version += 1
    locked.save(update_fields=[*changed, "version"])
    locked.authors.add(actor)
    audit(
        action="review.save",
        obj=locked,
        actor=actor,
        at=at,
        before={name: before[name] for name in changed},
        after=changed,
    )
    return locked


@verb
def sign_off_review(*, review: Review, actor: User, at: datetime) -> Review:
    """Say that this is what we learned."""
    locked = Review.objects.select_for_update().get(pk=review.pk)
    REVIEW_LIFECYCLE.check(ReviewStatus(locked.status), ReviewStatus.SIGNED_OFF)
    if not locked.root_cause.strip():
        raise ReviewRefusedError(_("Write the root cause before signing, or that it is unknown."))
    _refuse_own_words(locked, actor)
    locked.status = ReviewStatus.SIGNED_OFF
    locked.signed_off_at, locked.signed_off_by = at, actor
    locked.save(update_fields=["status", "signed_off_at", "signed_off_by"])
    cancel_deadlines(kind=DEADLINE, subject_id=locked.pk, at=at)
    _tell(locked, gettext_noop("Review signed off by %(name)s"), actor=actor, at=at)
    audit(
        action="review.sign_off",
        obj=locked,
        actor=actor,
        at=at,
        after={name: getattr(locked, name) for name in TEXTS},
    )
    return locked


@verb
def reopen_review(*, review: Review, actor: User, at: datetime, reason: str) -> Review:
    """Take a signature back, and say why."""
    if not reason.strip():
        raise ReviewRefusedError(_("Say why the review is reopened."))
    locked = Review.objects.select_for_update().get(pk=review.pk)
    REVIEW_LIFECYCLE.check(ReviewStatus(locked.status), ReviewStatus.OPEN)
    locked.status = ReviewStatus.OPEN
    locked.signed_off_at = locked.signed_off_by = None
    locked.save(update_fields=["status", "signed_off_at", "signed_off_by"])
    _tell(locked, gettext_noop("Review reopened: %(reason)s"), actor=actor, at=at, reason=reason)
    audit(action="review.reopen", obj=locked, actor=actor, at=at, reason=reason)
    return locked


@verb
def review_due(*, deadline: Deadline, at: datetime) -> None:
    """The review is late: its owner is reminded."""
    review = Review.objects.select_related("incident", "owner").get(pk=deadline.subject_id)
    if review.status == ReviewStatus.SIGNED_OFF or review.owner is None:
        return
    write_notice(
        person=review.owner,
        kind=NoticeKind.INFO,
        message=gettext_noop("The review of %(code)s is due"),
        params={"code": review.incident.code},
        incident=review.incident,
        at=at,
    )


def _refuse_own_words(review: Review, actor: User) -> None:
    """Nobody signs off what they wrote themselves, as long as anybody else could sign it."""
    authors = set(review.authors.values_list("pk", flat=True))
    if actor.pk not in authors:
        return
    if holders_of("incidents.sign_off_review").exclude(pk__in=authors).exists():
        raise ReviewRefusedError(_("You wrote in this review; somebody else signs it off."))


def _tell(review: Review, words: str, *, actor: User, at: datetime, reason: str = "") -> None:
    write_entry(
        incident=review.incident,
        kind=TimelineKind.REVIEW,
        message=words,
        params={"name": actor.name, "reason": reason},
        actor=actor,
        at=at,
        importance=Importance.NORMAL,
    )
