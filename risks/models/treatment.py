"""What we decided to do about a risk, and the actions that carry it out."""

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

    def with_actions(self) -> Self:
        """Each with its actions in their order, in one query more."""
        actions = TreatmentAction.objects.for_list().order_by("position")
        return self.prefetch_related(models.Prefetch("actions", actions))


class Undertaking(models.Model):
    """Something that somebody will have done by a day, for an amount; or that will not come."""

    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="%(class)ss")
    due_on = models.DateField(_("due on"), null=True, blank=True)
    # In the money of the matrix; nobody has said is not the same as free.
    cost = models.FloatField(_("cost"), null=True, blank=True)
    status = models.CharField(
        _("status"),
        max_length=20,
        choices=TreatmentStatus.choices,
        default=TreatmentStatus.PLANNED,
    )
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(class)s_ended_iff_not_planned",
                condition=Q(status="planned", ended_at=None)
                | (~Q(status="planned") & Q(ended_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="%(class)s_cost_not_negative",
                condition=Q(cost=None) | Q(cost__gte=0),
                violation_error_message=_("A treatment costs nothing or something, never less."),
            ),
        ]

    def is_overdue(self, on: date) -> bool:
        """Still planned after its date."""
        return self.status == TreatmentStatus.PLANNED and bool(self.due_on and self.due_on < on)


class Treatment(Undertaking):
    """A decision with an owner and a date."""

    risk = models.ForeignKey(Risk, on_delete=models.CASCADE, related_name="treatments")
    kind = models.CharField(_("kind"), max_length=20, choices=TreatmentKind.choices)
    plan = models.TextField(_("plan"))
    decided_at = models.DateTimeField(_("decided at"))
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    objects = TreatmentQuerySet.as_manager()

    class Meta(Undertaking.Meta):
        verbose_name = _("treatment")
        verbose_name_plural = _("treatments")
        constraints = [
            *Undertaking.Meta.constraints,
            models.CheckConstraint(
                name="treatment_kind_known", condition=Q(kind__in=TreatmentKind.values)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.plan[:60]}"


class TreatmentActionQuerySet(models.QuerySet["TreatmentAction"]):
    """Sets of actions."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The only way a door may fetch actions: through the risks that a person may see."""
        return self.filter(treatment__risk__in=Risk.objects.visible_to(user))

    def for_list(self) -> Self:
        """Everything a row shows, in one query."""
        return self.select_related("treatment__risk", "owner", "ended_by")

    def planned(self) -> Self:
        """Actions that somebody still has to do, of risks that are in force."""
        live = ~Q(treatment__risk__status="retired")
        return self.filter(live, status=TreatmentStatus.PLANNED)

    def overdue(self, on: date) -> Self:
        """Actions still to be done after their day."""
        return self.planned().filter(due_on__lt=on)


class TreatmentAction(Undertaking):
    """One thing to be done so that a treatment comes true."""

    treatment = models.ForeignKey(Treatment, on_delete=models.CASCADE, related_name="actions")
    # The order in which they were written down; people read them so.
    position = models.PositiveIntegerField()
    title = models.CharField(_("what is to be done"), max_length=300)
    added_at = models.DateTimeField()
    ended_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    note = models.CharField(_("note"), max_length=500, blank=True)

    objects = TreatmentActionQuerySet.as_manager()

    class Meta(Undertaking.Meta):
        verbose_name = _("action of a treatment")
        verbose_name_plural = _("actions of treatments")
        constraints = [
            *Undertaking.Meta.constraints,
            models.UniqueConstraint(
                fields=["treatment", "position"], name="treatmentaction_one_a_place"
            ),
        ]
        indexes = [models.Index(fields=["status", "due_on"], name="treatmentaction_due")]

    def __str__(self) -> str:
        return self.title
