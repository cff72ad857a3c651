"""What a closed incident says about targets and risks, and what their owners made of it."""

from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from assets.models import Asset, Measure
from bcp_portal.accounts.models import User
from incidents.models import Incident
from risks.models.risk import Risk


class Outcome(models.TextChoices):
    """What the owner made of it."""

    WAITING = "waiting", _("Waiting")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")


WEIGHED_IFF_PERSON = Q(outcome="waiting", weighed_at=None, weighed_by=None) | (
    ~Q(outcome="waiting") & Q(weighed_at__isnull=False, weighed_by__isnull=False)
)


class IncidentLessons(models.Model):
    """The mark that a closed incident has made its offers; once, however often we look."""

    incident = models.OneToOneField(Incident, on_delete=models.CASCADE, related_name="lessons")
    offered_at = models.DateTimeField(_("offered at"))

    def __str__(self) -> str:
        return f"{self.incident_id}"


class RiskEvidenceQuerySet(models.QuerySet["RiskEvidence"]):
    """Sets of evidence."""

    def waiting(self) -> Self:
        """Evidence that nobody has weighed."""
        return self.filter(outcome=Outcome.WAITING)

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The only way a door may fetch evidence."""
        return self.filter(risk__in=Risk.objects.visible_to(user))

    def for_list(self) -> Self:
        """Everything a list row shows, in one query."""
        return self.select_related("risk__owner", "incident", "weighed_by")


class RiskEvidence(models.Model):
    """This incident says something about this risk."""

    risk = models.ForeignKey(Risk, on_delete=models.CASCADE, related_name="evidence")
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="risk_evidence")
    note = models.TextField(_("note"), blank=True)
    offered_at = models.DateTimeField(_("offered at"))
    outcome = models.CharField(
        _("outcome"), max_length=20, choices=Outcome.choices, default=Outcome.WAITING
    )
    reason = models.TextField(_("reason"), blank=True)
    weighed_at = models.DateTimeField(_("weighed at"), null=True, blank=True)
    weighed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = RiskEvidenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        constraints = [
            models.UniqueConstraint(
                name="risk_evidence_once_per_incident", fields=["risk", "incident"]
            ),
            models.CheckConstraint(
                name="risk_evidence_outcome_known", condition=Q(outcome__in=Outcome.values)
            ),
            models.CheckConstraint(
                name="risk_evidence_weighed_iff_person", condition=WEIGHED_IFF_PERSON
            ),
        ]

    def __str__(self) -> str:
        return f"{self.incident_id} → {self.risk_id}"


class AchievementOfferQuerySet(models.QuerySet["AchievementOffer"]):
    """Sets of offers to targets."""

    def waiting(self) -> Self:
        """Offers that nobody has weighed."""
        return self.filter(outcome=Outcome.WAITING)

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The only way a door may fetch offers."""
        return self.filter(asset__in=Asset.objects.visible_to(user))

    def for_list(self) -> Self:
        """Everything a list row shows, in one query."""
        return self.select_related(
            "asset__business_owner", "asset__technical_owner", "incident", "weighed_by"
        )


class AchievementOffer(models.Model):
    """This incident measured what a recovery of this asset really took."""

    incident = models.ForeignKey(
        Incident, on_delete=models.CASCADE, related_name="achievement_offers"
    )
    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="achievement_offers")
    measure = models.CharField(_("measure"), max_length=10, choices=Measure.choices)
    achieved = models.DurationField(_("achieved"))
    target = models.DurationField(_("target then"), null=True, blank=True)
    happened_at = models.DateTimeField(_("happened at"))
    offered_at = models.DateTimeField(_("offered at"))
    outcome = models.CharField(
        _("outcome"), max_length=20, choices=Outcome.choices, default=Outcome.WAITING
    )
    reason = models.TextField(_("reason"), blank=True)
    weighed_at = models.DateTimeField(_("weighed at"), null=True, blank=True)
    weighed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = AchievementOfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("offer to a target")
        verbose_name_plural = _("offers to targets")
        constraints = [
            models.UniqueConstraint(
                name="achievement_offer_once", fields=["incident", "asset", "measure"]
            ),
            models.CheckConstraint(
                name="achievement_offer_outcome_known", condition=Q(outcome__in=Outcome.values)
            ),
            models.CheckConstraint(
                name="achievement_offer_weighed_iff_person", condition=WEIGHED_IFF_PERSON
            ),
        ]

    def __str__(self) -> str:
        return f"{self.incident_id} → {self.asset_id} {self.measure}"

    @property
    def is_met(self) -> bool | None:
        """Was the target of that moment met? Unknown without one."""
        return None if self.target is None else self.achieved <= self.target
