"""Verbs of an access review: opened each quarter, decided by others, closed by its deadline."""

from datetime import datetime, timedelta

from django.contrib.auth.models import Group
from django.utils.translation import gettext as _

from bcp_portal.accounts.holders import holders_of
from bcp_portal.accounts.hooks import person_facts
from bcp_portal.accounts.last_administrator import LastAdministratorError, refuse_last_administrator
from bcp_portal.accounts.models import (
    ACCESS_LIFECYCLE,
    AccessDecision,
    AccessItem,
    AccessReview,
    User,
)
from bcp_portal.accounts.roles import Role
from bcp_portal.accounts.services.user import (
    need_reason,
)
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.models import Deadline
from bcp_portal.engine.services.deadline import cancel_deadlines, set_deadline
from bcp_portal.shared.errors import DomainError, NotAllowedError

TIME_TO_DECIDE = timedelta(days=14)
GRACE = timedelta(days=7)
CLOSES = "accounts.access_review"
DECIDE, MANAGE = "accounts.decide_access", "accounts.manage_people"


class ReviewRunningError(DomainError):
    """There is a review of this quarter already."""


def quarter_code(at: datetime) -> str:
    """The name of the review of this quarter."""
    return f"AR-{at.year}-Q{(at.month + 2) // 3}"


@verb
def open_due_review(*, at: datetime) -> str:
    """Open the review of this quarter, if there are people and nobody has opened it yet."""
    if AccessReview.objects.filter(code=quarter_code(at)).exists():
        return "it is open or done"
    if not User.objects.filter(is_active=True, groups__isnull=False).exists():
        return "there is nobody to look at"
    return f"opened {open_review(code=quarter_code(at), actor=None, at=at).code}"


@verb
def open_review(
    *, code: str, actor: User | None, at: datetime, due_at: datetime | None = None
) -> AccessReview:
    """Put every right of every active person up for review, each with somebody responsible."""
    if AccessReview.objects.filter(code=code).exists():
        raise ReviewRunningError(_("The review %s has been opened already.") % code)
    due_at = due_at or at + TIME_TO_DECIDE
    review = AccessReview.objects.create(
        code=code, opened_at=at, opened_by=actor, due_at=due_at, withdraws_at=due_at + GRACE
    )
    people = User.objects.filter(is_active=True).select_related("manager")
    people = people.prefetch_related("groups").order_by("username")
    may_decide, may_manage = (
        set(holders_of(name).values_list("pk", flat=True)) for name in (DECIDE, MANAGE)
    )
    # Administrators first: they know every right.
    deciders = sorted(
        (user for user in people if user.pk in may_decide),
        key=lambda user: user.pk not in may_manage,
    )
    items = [
        AccessItem(
            review=review,
            person=person,
            role=group.name,
            places=_places(person),
            last_login=person.last_login,
            responsible=_responsible(person, deciders),
        )
        for person in people
        for group in sorted(person.groups.all(), key=lambda one: one.name)
    ]
    AccessItem.objects.bulk_create(items)
    set_deadline(kind=CLOSES, subject_id=review.pk, due_at=review.withdraws_at, at=at)
    audit(action="access_review.open", obj=review, actor=actor, at=at, after={"rights": len(items)})
    return review


@verb
def confirm_access(*, item: AccessItem, actor: User, at: datetime) -> AccessItem:
    """Say that a person still needs this right."""
    return _decide(item, AccessDecision.CONFIRMED, actor=actor, at=at, reason="")


@verb
def withdraw_access(*, item: AccessItem, actor: User, at: datetime, reason: str) -> AccessItem:
    """Take a right away that is not needed any more."""
    reason = need_reason(reason)
    decided = _decide(item, AccessDecision.WITHDRAWN, actor=actor, at=at, reason=reason)
    _take_role(decided, actor=actor, at=at, reason=reason)
    return decided


@verb
def close_due_review(*, deadline: Deadline, at: datetime) -> None:
    """Withdraw what nobody confirmed in time, and close the review."""
    review = AccessReview.objects.select_for_update().get(pk=deadline.subject_id)
    if review.closed_at is not None:
        return
    why = _("Not confirmed in the access review %s") % review.code
    for item in review.items.pending().select_related("person").select_for_update(of=("self",)):
        item.decision, item.decided_at = AccessDecision.LAPSED, at
        try:
            _take_role(item, actor=None, at=at, reason=why)
        except LastAdministratorError:
            # Locking everybody out would help nobody; the report shows it as a finding.
            item.decision = AccessDecision.KEPT
        item.save(update_fields=["decision", "decided_at"])
    _close(review, at=at)


def _decide(
    item: AccessItem, decision: AccessDecision, *, actor: User, at: datetime, reason: str
) -> AccessItem:
    locked = AccessItem.objects.select_for_update().get(pk=item.pk)
    if locked.person_id == actor.pk:
        raise NotAllowedError(_("Nobody confirms or withdraws their own rights."))
    if actor.pk != locked.responsible_id and not actor.has_perm(MANAGE):
        raise NotAllowedError(
            _("%s is responsible for this right.") % (locked.responsible or _("Somebody else"))
        )
    ACCESS_LIFECYCLE.check(AccessDecision(locked.decision), decision)
    locked.decision, locked.reason = decision, reason
    locked.decided_by, locked.decided_at = actor, at
    locked.save(update_fields=["decision", "reason", "decided_by", "decided_at"])
    audit(
        action=f"access_review.{decision}",
        obj=locked,
        actor=actor,
        at=at,
        reason=reason,
        after={"person": locked.person.name, "role": locked.role},
    )
    review = AccessReview.objects.select_for_update().get(pk=locked.review_id)
    if not review.items.pending().exists():
        cancel_deadlines(kind=CLOSES, subject_id=review.pk, at=at)
        _close(review, at=at)
    return locked


def _close(review: AccessReview, *, at: datetime) -> None:
    review.closed_at = at
    review.save(update_fields=["closed_at"])
    counts = {
        str(one): review.items.filter(decision=one).count()
        for one in AccessDecision
        if one is not AccessDecision.PENDING
    }
    audit(action="access_review.close", obj=review, actor=None, at=at, after=counts)


def _take_role(item: AccessItem, *, actor: User | None, at: datetime, reason: str) -> None:
    if item.role == Role.ADMINISTRATOR:
        refuse_last_administrator(item.person)
    before = sorted(item.person.groups.values_list("name", flat=True))
    if item.role not in before:
        return
    item.person.groups.remove(Group.objects.get(name=item.role))
    audit(
        action="user.set_roles",
        obj=item.person,
        actor=actor,
        at=at,
        reason=reason,
        before={"roles": before},
        after={"roles": [name for name in before if name != item.role]},
    )


def _responsible(person: User, deciders: list[User]) -> User | None:
    """The person's manager if they may decide, else an administrator, else whoever may."""
    others = [one for one in deciders if one.pk != person.pk]
    if person.manager_id in {one.pk for one in others}:
        return person.manager
    return others[0] if others else None


def _places(person: User) -> str:
    """Where the right holds, as the rooms above say it."""
    return "; ".join(", ".join(fact.values(person)) for fact in person_facts())[:300]
