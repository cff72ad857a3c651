"""Who may do what, looked at each quarter; and dangerous rights that wait for a second person."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models.user import User
from bcp_portal.shared.lifecycle import Lifecycle


class AccessDecision(models.TextChoices):
    """What became of one right in a review."""

    PENDING = "pending", _("Waiting")
    CONFIRMED = "confirmed", _("Confirmed")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    LAPSED = "lapsed", _("Withdrawn by itself: nobody confirmed it")
    KEPT = "kept", _("Kept: without it nobody could make accounts")


ACCESS_LIFECYCLE = Lifecycle(
    "right",
    {
        AccessDecision.PENDING: frozenset(
            {
                AccessDecision.CONFIRMED,
                AccessDecision.WITHDRAWN,
                AccessDecision.LAPSED,
                AccessDecision.KEPT,
            }
        ),
        AccessDecision.CONFIRMED: frozenset(),
        AccessDecision.WITHDRAWN: frozenset(),
        AccessDecision.LAPSED: frozenset(),
        AccessDecision.KEPT: frozenset(),
    },
)


def sees_every_right(user: User) -> bool:
    """Whether a person may know what everybody else may do."""
    return user.has_perm("accounts.manage_people") or user.has_perm("audit.view_auditrow")


class AccessReviewQuerySet(models.QuerySet["AccessReview"]):
    """Sets of reviews."""

    def visible_to(self, user: User) -> Self:
        """The only way a door may fetch them: those in which the person has something to decide.

        Whoever makes accounts or reads the trail sees all of them.
        """
        if not user.has_perm("accounts.view_accessreview"):
            return self.none()
        return self if sees_every_right(user) else self.filter(items__responsible=user).distinct()

    def wholly_visible_to(self, user: User) -> Self:
        """Reviews that a person may have on paper, with every right in them."""
        return self.visible_to(user) if sees_every_right(user) else self.none()

    def open(self) -> Self:
        """Reviews in which something is still to be decided."""
        return self.filter(closed_at=None)

    def with_counts(self) -> Self:
        """Each with how many rights it looks at and how many still wait."""
        return self.annotate(
            rights=models.Count("items"),
            waiting=models.Count("items", filter=Q(items__decision=AccessDecision.PENDING)),
            taken=models.Count(
                "items",
                filter=Q(items__decision__in=[AccessDecision.WITHDRAWN, AccessDecision.LAPSED]),
            ),
        )


class AccessReview(models.Model):
    """One quarter's look at every right; what nobody confirms is withdrawn."""

    code = models.CharField(max_length=20, unique=True)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="opened_access_reviews"
    )
    due_at = models.DateTimeField()
    # Some days after it was due, what nobody confirmed is withdrawn by the engine.
    withdraws_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    objects = AccessReviewQuerySet.as_manager()

    class Meta:
        permissions = [("decide_access", "Can confirm or withdraw rights in an access review")]
        constraints = [
            models.CheckConstraint(
                name="access_review_withdraws_after_due", condition=Q(withdraws_at__gte=F("due_at"))
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def is_overdue(self, at: datetime) -> bool:
        """Whether it should have been finished by now."""
        return self.closed_at is None and self.due_at < at


class AccessItemQuerySet(models.QuerySet["AccessItem"]):
    """Sets of rights under review."""

    def visible_to(self, user: User) -> Self:
        """The only way a door may fetch them: those the person decides, or all."""
        if not user.has_perm("accounts.view_accessreview"):
            return self.none()
        return self if sees_every_right(user) else self.filter(responsible=user)

    def pending(self) -> Self:
        """Rights that nobody has decided about."""
        return self.filter(decision=AccessDecision.PENDING)

    def for_list(self) -> Self:
        """Everything a list row shows, in one query."""
        return self.select_related("person", "responsible", "decided_by", "review")


class AccessItem(models.Model):
    """One role of one person, to be confirmed or withdrawn by somebody else."""

    review = models.ForeignKey(AccessReview, on_delete=models.CASCADE, related_name="items")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="access_items")
    role = models.CharField(max_length=40)
    places = models.CharField(max_length=300, blank=True)
    last_login = models.DateTimeField(null=True)
    responsible = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="access_items_to_decide"
    )
    decision = models.CharField(
        max_length=10, choices=AccessDecision.choices, default=AccessDecision.PENDING
    )
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="access_items_decided"
    )
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)

    objects = AccessItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="access_item_once_in_a_review", fields=["review", "person", "role"]
            ),
            models.CheckConstraint(
                name="access_item_decision_known", condition=Q(decision__in=AccessDecision.values)
            ),
            models.CheckConstraint(
                name="access_item_never_by_oneself",
                condition=Q(decided_by=None) | ~Q(decided_by=F("person")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.review.code} {self.person} {self.role}"


class GrantState(models.TextChoices):
    """What became of a dangerous right that somebody asked for."""

    WAITING = "waiting", _("Waits for a second person")
    GRANTED = "granted", _("Granted")
    REFUSED = "refused", _("Refused")


class RoleGrantQuerySet(models.QuerySet["RoleGrant"]):
    """Sets of dangerous rights asked for."""

    def visible_to(self, user: User) -> Self:
        """The only way a door may fetch them."""
        return self if user.has_perm("accounts.second_grant") else self.none()

    def waiting(self) -> Self:
        """Those that nobody has agreed to or refused."""
        return self.filter(state=GrantState.WAITING)


class RoleGrant(models.Model):
    """A dangerous role that one person asked for; another one gives it.

    In an emergency it is held from the first moment until `until`, and looked at afterwards.
    """

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="role_grants")
    role = models.CharField(max_length=40)
    reason = models.TextField()
    state = models.CharField(max_length=10, choices=GrantState.choices, default=GrantState.WAITING)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="grants_asked")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="grants_decided"
    )
    decided_at = models.DateTimeField(null=True)
    # Given in an emergency: held until then, and gone since.
    until = models.DateTimeField(null=True)
    taken_back_at = models.DateTimeField(null=True)

    objects = RoleGrantQuerySet.as_manager()

    class Meta:
        permissions = [("second_grant", "Can agree to a dangerous role that a colleague asked for")]
        constraints = [
            models.UniqueConstraint(
                name="role_grant_waits_once",
                fields=["person", "role"],
                condition=Q(state=GrantState.WAITING),
            ),
            models.CheckConstraint(
                name="role_grant_by_two_people",
                condition=Q(decided_by=None)
                | (~Q(decided_by=F("asked_by")) & ~Q(decided_by=F("person")))
                | Q(state=GrantState.REFUSED, until=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.role}"

    @property
    def is_emergency(self) -> bool:
        """Whether it was held before a second person had looked at it."""
        return self.until is not None
