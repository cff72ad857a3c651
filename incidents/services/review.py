"""Verbs of a review: opened after the recovery, written by several hands, signed off once."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Max
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
    TimelineKind,
)
from incidents.review_times import MANAGER_FROM_REMINDER, REMIND_AGAIN_EVERY, times_of
from incidents.services.notice import write_notice
from incidents.services.timeline import write_entry

DEADLINE = "incidents.review_due"
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
    due_at = at + times_of(incident.severity).due_within
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
    _remind_from(review, at=at)
    _tell(review, gettext_noop("Review opened"), actor=actor, at=at)
    audit(action="review.open", obj=review, actor=actor, at=at, after={"incident": incident.code})
    return review


@verb
def expect_review(*, incident: Incident, actor: User, at: datetime) -> Review | None:
    """Open the review of what was closed without one, and tell its owner by when it is due.

    A rehearsal is looked back on by its score and its findings: it may have a review, it owes none.
    """
    if incident.is_exercise or Review.objects.filter(incident=incident).exists():
        return None
    review = open_review(incident=incident, actor=actor, at=at)
    if review.owner is not None and review.due_at is not None and review.owner_id != actor.pk:
        write_notice(
            person=review.owner,
            kind=NoticeKind.INFO,
            message=gettext_noop("%(code)s is closed; its review is yours, until %(day)s"),
            params={"code": incident.code, "day": review.due_at.date().isoformat()},
            incident=incident,
            at=at,
        )
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
    locked.due_at = at + times_of(locked.incident.severity).due_within
    locked.save(update_fields=["status", "due_at", "signed_off_at", "signed_off_by"])
    _remind_from(locked, at=at)
    _tell(locked, gettext_noop("Review reopened: %(reason)s"), actor=actor, at=at, reason=reason)
    audit(action="review.reopen", obj=locked, actor=actor, at=at, reason=reason)
    return locked


@verb
def review_due(*, deadline: Deadline, at: datetime) -> None:
    """Remind the owner that the review will be due, is due, is late; the manager joins in later."""
    reviews = Review.objects.select_related("incident", "owner__manager")
    review = reviews.get(pk=deadline.subject_id)
    if review.status == ReviewStatus.SIGNED_OFF or review.owner is None or review.due_at is None:
        return
    is_late = at >= review.due_at
    people = [review.owner]
    if is_late and deadline.step >= MANAGER_FROM_REMINDER and review.owner.manager:
        people.append(review.owner.manager)
    for person in people:
        write_notice(
            person=person,
            kind=NoticeKind.INFO,
            message=(
                gettext_noop("The review of %(code)s has been due since %(day)s: %(name)s")
                if is_late
                else gettext_noop("The review of %(code)s is due on %(day)s")
            ),
            params={
                "code": review.incident.code,
                "day": review.due_at.date().isoformat(),
                "name": review.owner.name,
            },
            incident=review.incident,
            at=at,
        )
    set_deadline(
        kind=DEADLINE,
        subject_id=review.pk,
        due_at=at + REMIND_AGAIN_EVERY if is_late else review.due_at,
        at=at,
        epoch=deadline.epoch,
        step=deadline.step + 1,
    )


def _remind_from(review: Review, *, at: datetime) -> None:
    """The first reminder comes before the day; a review that is reopened begins anew."""
    assert review.due_at is not None
    mine = Deadline.objects.filter(kind=DEADLINE, subject_id=review.pk)
    last = mine.aggregate(last=Max("epoch"))["last"]
    set_deadline(
        kind=DEADLINE,
        subject_id=review.pk,
        due_at=review.due_at - times_of(review.incident.severity).remind_before,
        at=at,
        epoch=0 if last is None else last + 1,
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
