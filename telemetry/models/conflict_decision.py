"""What was decided about a conflict, by whom, and how far it has come on its way to the sites."""

from typing import Self
from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from assets.scope import visible_site_ids
from bcp_portal.accounts.models import User
from telemetry.models.conflict_case import ConflictCase, ConflictSite


class DecisionState(models.TextChoices):
    """How far a decision has come."""

    PROPOSED = "proposed", _("Second person")
    WAITING = "waiting", _("Waiting to be sent")
    SENT = "sent", _("Sent")
    SETTLED = "settled", _("Settled")
    WITHDRAWN = "withdrawn", _("Withdrawn")


IN_FORCE = (DecisionState.WAITING, DecisionState.SENT)
STANDING = (DecisionState.PROPOSED, *IN_FORCE, DecisionState.SETTLED)


class ReviewFinding(models.TextChoices):
    """What somebody else found who looked at a bulk decision."""

    RIGHT = "right", _("Right")
    WRONG = "wrong", _("Wrong")


class ConflictDecisionQuerySet(models.QuerySet["ConflictDecision"]):
    """Sets of decisions."""

    def visible_to(self, user: User) -> Self:
        """Decisions about cases that a person may see."""
        sites = visible_site_ids(user)
        if sites is None:
            return self
        concerned = ConflictSite.objects.filter(site_id__in=sites)
        return self.filter(case_id__in=concerned.values("case_id"))

    def in_force(self) -> Self:
        """Decisions that the sites must carry out."""
        return self.filter(state__in=IN_FORCE)

    def to_review(self) -> Self:
        """Bulk decisions drawn for a second look that nobody has taken yet."""
        return self.filter(is_sampled=True, reviewed_at=None).exclude(state=DecisionState.WITHDRAWN)


class ConflictDecision(models.Model):
    """The record as it shall be. The row is the instruction; its number is its identity.

    Two people: the database itself refuses a confirmation by whoever proposed, and an instruction
    that needs a second person and has none.
    """

    case = models.ForeignKey(ConflictCase, on_delete=models.CASCADE, related_name="decisions")
    uid = models.UUIDField(default=uuid4, unique=True, editable=False)
    state = models.CharField(max_length=10, choices=DecisionState.choices)
    # The whole record and what was chosen for each field: {"price": "v:<mark>", "stock": "rule"}.
    values = models.JSONField()
    choices = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)
    rules = models.JSONField(default=list)
    reason = models.CharField(_("reason"), max_length=500)
    is_automatic = models.BooleanField(default=False)
    is_bulk = models.BooleanField(default=False)
    needs_second = models.BooleanField(default=False)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    is_sampled = models.BooleanField(default=False)
    reviewed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    finding = models.CharField(max_length=5, choices=ReviewFinding.choices, blank=True)

    objects = ConflictDecisionQuerySet.as_manager()

    class Meta:
        ordering = ["decided_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="conflict_one_standing_decision",
                fields=["case"],
                condition=Q(state__in=[str(state) for state in STANDING]),
            ),
            models.CheckConstraint(
                name="conflict_confirmed_by_another",
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("decided_by")),
            ),
            models.CheckConstraint(
                name="conflict_second_person_before_sites",
                condition=Q(needs_second=False)
                | Q(confirmed_by__isnull=False)
                | Q(state__in=["proposed", "withdrawn"]),
            ),
            models.CheckConstraint(
                name="conflict_reviewed_by_another",
                condition=Q(reviewed_by=None) | ~Q(reviewed_by=F("decided_by")),
            ),
            models.CheckConstraint(
                name="conflict_decided_by_somebody",
                condition=Q(is_automatic=True, decided_by=None)
                | Q(is_automatic=False, decided_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.state}"
