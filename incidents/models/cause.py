"""The tree of causes in a review: why it happened, why that happened, and what shows it."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models import User
from incidents.models.review import Review
from incidents.models.timeline import TimelineEntry


class CauseKind(models.TextChoices):
    """What sort of thing made it happen, or made it worse."""

    TECHNOLOGY = "technology", _("Technology")
    PROCESS = "process", _("Process")
    PEOPLE = "people", _("People")
    OUTSIDE = "outside", _("Outside")


class CauseQuerySet(models.QuerySet["Cause"]):
    """Sets of causes."""

    def visible_to(self, user: User) -> Self:
        """The only way a door may fetch causes: with their review."""
        return self.filter(review__in=Review.objects.visible_to(user))

    def for_tree(self) -> Self:
        """Everything that drawing the tree needs, in a fixed number of queries."""
        return self.prefetch_related("evidence__entry").order_by("position", "pk")


class Cause(models.Model):
    """A contributing factor; what lies under it is why it came about."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="causes")
    # Without one it led to the incident directly.
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="children"
    )
    kind = models.CharField(max_length=12, choices=CauseKind.choices, default=CauseKind.PROCESS)
    text = models.CharField(max_length=500)
    position = models.PositiveIntegerField()

    objects = CauseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="cause_kind_known", condition=models.Q(kind__in=CauseKind.values)
            ),
            models.CheckConstraint(
                name="cause_not_its_own", condition=~models.Q(parent=models.F("id"))
            ),
        ]

    def __str__(self) -> str:
        return self.text


class CauseEvidence(models.Model):
    """What shows that a cause is one: an entry of the timeline, or words that say where to look."""

    cause = models.ForeignKey(Cause, on_delete=models.CASCADE, related_name="evidence")
    entry = models.ForeignKey(
        TimelineEntry, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="cause_evidence_says_something",
                condition=models.Q(entry__isnull=False) | ~models.Q(note=""),
            ),
        ]

    def __str__(self) -> str:
        return self.note or str(self.entry_id)
