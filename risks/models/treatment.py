"""What we decided to do about a risk."""

from datetime import date
from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models import User
from bcp_portal.shared.lifecycle import Lifecycle
from risks.models.risk import Risk

# Beyond this somebody has typed a key too many; and infinity is no amount.
MOST_COST = 1e15


class TreatmentKind(models.TextChoices):
    """The four answers to a risk."""

    AVOID = "avoid", _("Avoid")
    REDUCE = "reduce", _("Reduce")
    TRANSFER = "transfer", _("Transfer")
    ACCEPT = "accept", _("Accept")


class TreatmentStatus(models.TextChoices):
    """How far the plan has come."""

    PLANNED = "planned", _("Planned")
    DONE = "done", _("Done")
    DROPPED = "dropped", _("Dropped")


TREATMENT_LIFECYCLE = Lifecycle(
    "treatment",
    {
        TreatmentStatus.PLANNED: frozenset({TreatmentStatus.DONE, TreatmentStatus.DROPPED}),
        TreatmentStatus.DONE: frozenset(),
        TreatmentStatus.DROPPED: frozenset(),
    },
)


class TreatmentQuerySet(models.QuerySet["Treatment"]):
    """Sets of treatments."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The only way a door may fetch treatments: through the risks that a person may see."""
        return self.filter(risk__in=Risk.objects.visible_to(user))

    def for_list(self) -> Self:
        """Everything a row shows, in one query."""
        return self.select_related("risk", "owner")


class Treatment(models.Model):
    """A decision with an owner and a date."""

    risk = models.ForeignKey(Risk, on_delete=models.CASCADE, related_name="treatments")
    kind = models.CharField(_("kind"), max_length=20, choices=TreatmentKind.choices)
    plan = models.TextField(_("plan"))
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="treatments")
    due_on = models.DateField(_("due on"), null=True, blank=True)
    # In the money of the matrix; nobody has said is not the same as free.
    cost = models.FloatField(_("cost"), null=True, blank=True)
    status = models.CharField(
        _("status"),
        max_length=20,
        choices=TreatmentStatus.choices,
        default=TreatmentStatus.PLANNED,
    )
    decided_at = models.DateTimeField(_("decided at"))
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects = TreatmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("treatment")
        verbose_name_plural = _("treatments")
        constraints = [
            models.CheckConstraint(
                name="treatment_kind_known", condition=Q(kind__in=TreatmentKind.values)
            ),
            models.CheckConstraint(
                name="treatment_ended_iff_not_planned",
                condition=Q(status="planned", ended_at=None)
                | (~Q(status="planned") & Q(ended_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="treatment_cost_not_negative",
                condition=Q(cost=None) | Q(cost__gte=0),
                violation_error_message=_("A treatment costs nothing or something, never less."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.plan[:60]}"

    def is_overdue(self, on: date) -> bool:
        """Still planned after its date."""
        return self.status == TreatmentStatus.PLANNED and bool(self.due_on and self.due_on < on)
