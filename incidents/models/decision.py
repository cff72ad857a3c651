"""What was decided in an incident, by whom, and what was known at that moment."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models import User
from incidents.models.incident import Incident
from incidents.models.run import RunStep


class DecisionQuerySet(models.QuerySet["Decision"]):
    """Sets of decisions."""

    def visible_to(self, user: User) -> Self:
        """The only way a door may fetch decisions."""
        return self.filter(incident__in=Incident.objects.visible_to(user))


class Decision(models.Model):
    """A question, the options, the choice, and a frozen picture of what was known."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="decisions")
    step = models.ForeignKey(
        RunStep, null=True, blank=True, on_delete=models.PROTECT, related_name="decisions"
    )
    question = models.CharField(max_length=300)
    options = models.JSONField(default=list, blank=True)
    chosen = models.CharField(max_length=200)
    reason = models.TextField(blank=True)
    authority = models.CharField(max_length=300, blank=True)
    picture = models.JSONField(default=dict, blank=True)
    decided_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="decisions"
    )
    decided_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    objects = DecisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("decision")

    def __str__(self) -> str:
        return f"{self.question} → {self.chosen}"

    @property
    def asked(self) -> str:
        """The question as the plan puts it in the reader's language, or as it was asked freely."""
        return self.step.said("text") if self.step else self.question

    @property
    def answer(self) -> str:
        """What was chosen, in the reader's words."""
        shown = dict(self.step.choices) if self.step else {}
        return str(shown.get(self.chosen, self.chosen))

    @property
    def code(self) -> str:
        """What people call it."""
        return f"DEC-{self.pk}"
