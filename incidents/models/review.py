"""Looking back on an incident."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models import User
from bcp_portal.shared.lifecycle import Lifecycle
from incidents.models.incident import Incident


class ReviewStatus(models.TextChoices):
    """Where a review stands."""

    OPEN = "open", _("Open")
    SIGNED_OFF = "signed_off", _("Signed off")


REVIEW_LIFECYCLE = Lifecycle(
    "review",
    {
        ReviewStatus.OPEN: frozenset({ReviewStatus.SIGNED_OFF}),
        ReviewStatus.SIGNED_OFF: frozenset({ReviewStatus.OPEN}),
    },
)


class ReviewQuerySet(models.QuerySet["Review"]):
    """Sets of reviews."""

    def visible_to(self, user: User) -> Self:
        """The only way a door may fetch reviews."""
        return self.filter(incident__in=Incident.objects.visible_to(user))

    def signed_off(self) -> Self:
        """Reviews that say their last word."""
        return self.filter(status=ReviewStatus.SIGNED_OFF)

    def for_list(self) -> Self:
        """Everything a list row shows, in one query."""
        return self.select_related("incident", "owner", "signed_off_by")


class Review(models.Model):
    """What went well, what did not, where we were lucky, and why it happened."""

    incident = models.OneToOneField(Incident, on_delete=models.PROTECT, related_name="review")
    status = models.CharField(
        max_length=20, choices=ReviewStatus.choices, default=ReviewStatus.OPEN
    )
    owner = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="reviews"
    )
    # Whoever wrote in it: none of them signs it off while somebody else can.
    authors = models.ManyToManyField(User, blank=True, related_name="+")
    went_well = models.TextField(blank=True)
    went_badly = models.TextField(blank=True)
    lucky = models.TextField(blank=True)
    root_cause = models.TextField(blank=True)
    contributing = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    signed_off_at = models.DateTimeField(null=True, blank=True)
    signed_off_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="signed_reviews"
    )

    objects = ReviewQuerySet.as_manager()

    class Meta:
        permissions = [("sign_off_review", "Can sign off a review")]
        constraints = [
            models.CheckConstraint(
                name="review_signed_iff_person",
                condition=Q(
                    status="signed_off", signed_off_at__isnull=False, signed_off_by__isnull=False
                )
                | Q(status="open", signed_off_at__isnull=True, signed_off_by__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"Review of {self.incident_id}"

    @property
    def code(self) -> str:
        """What people call it."""
        return f"REV-{self.pk}"
