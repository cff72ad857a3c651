"""One dated judgement of a risk by a matrix."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models import User
from risks.models.matrix import RiskMatrix
from risks.models.risk import Risk
from risks.scoring import MOST_STEPS


class AssessmentKind(models.TextChoices):
    """What is judged: without controls, as it is now, or as it should become."""

    INHERENT = "inherent", _("Inherent")
    RESIDUAL = "residual", _("Residual")
    TARGET = "target", _("Target")


class Assessment(models.Model):
    """How likely, how bad, by whom and why; never changed, only followed by another."""

    risk = models.ForeignKey(Risk, on_delete=models.CASCADE, related_name="assessments")
    kind = models.CharField(_("kind"), max_length=20, choices=AssessmentKind.choices)
    likelihood = models.PositiveSmallIntegerField(_("likelihood"))
    impact = models.PositiveSmallIntegerField(_("impact"))
    score = models.PositiveSmallIntegerField(_("score"))
    level = models.CharField(_("level"), max_length=20)
    assessed_on = models.DateField(_("assessed on"))
    assessed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    rationale = models.TextField(_("rationale"), blank=True)
    matrix = models.ForeignKey(RiskMatrix, on_delete=models.PROTECT, related_name="assessments")
    recorded_at = models.DateTimeField(_("recorded at"))

    class Meta:
        verbose_name = _("assessment")
        verbose_name_plural = _("assessments")
        constraints = [
            models.CheckConstraint(
                name="assessment_kind_known", condition=Q(kind__in=AssessmentKind.values)
            ),
            models.CheckConstraint(
                name="assessment_likelihood_on_a_scale",
                condition=Q(likelihood__range=(1, MOST_STEPS)),
            ),
            models.CheckConstraint(
                name="assessment_impact_on_a_scale", condition=Q(impact__range=(1, MOST_STEPS))
            ),
            models.CheckConstraint(
                name="assessment_score_is_the_product",
                condition=Q(score=F("likelihood") * F("impact")),
            ),
        ]
        indexes = [models.Index(name="assessment_of_risk", fields=["risk", "kind", "-recorded_at"])]

    def __str__(self) -> str:
        return f"{self.risk_id} {self.kind} {self.likelihood}×{self.impact}"
