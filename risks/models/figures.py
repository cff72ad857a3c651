"""Risks in figures: what people estimate, what history proposes, what is tolerated."""

from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models import User
from risks.models.evidence import WEIGHED_IFF_PERSON, Outcome
from risks.models.risk import Risk


class LossShape(models.TextChoices):
    """How losses spread between the ends of the interval."""

    LOGNORMAL = "lognormal", _("Lognormal: a long tail")
    PERT = "pert", _("PERT: around a likely value, never beyond the ends")


class LossEstimate(models.Model):
    """How often, and how much at a time; the newest one holds, older ones are its history."""

    risk = models.ForeignKey(Risk, on_delete=models.CASCADE, related_name="loss_estimates")
    rate_low = models.FloatField(_("times a year, low"))
    rate_high = models.FloatField(_("times a year, high"))
    shape = models.CharField(
        _("shape"), max_length=10, choices=LossShape.choices, default=LossShape.LOGNORMAL
    )
    loss_low = models.FloatField(_("loss at a time, low"))
    loss_likely = models.FloatField(_("loss at a time, likely"), null=True, blank=True)
    loss_high = models.FloatField(_("loss at a time, high"))
    note = models.TextField(_("what it rests on"))
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="loss_estimate_intervals_in_order",
                condition=Q(rate_low__gt=0, rate_high__gte=F("rate_low"), loss_low__gt=0)
                & Q(loss_high__gte=F("loss_low")),
                violation_error_message=_("Each interval goes from a positive low end upwards."),
            ),
            models.CheckConstraint(
                name="loss_estimate_pert_knows_the_likely_value",
                condition=~Q(shape="pert")
                | Q(
                    loss_likely__isnull=False,
                    loss_likely__gte=F("loss_low"),
                    loss_likely__lte=F("loss_high"),
                ),
                violation_error_message=_("The likely loss lies between the low and the high one."),
            ),
        ]
        indexes = [models.Index(name="loss_estimate_newest", fields=["risk", "-made_at"])]

    def __str__(self) -> str:
        return f"{self.risk_id}: {self.rate_low}–{self.rate_high}/y"


class MovementQuerySet(models.QuerySet["LikelihoodProposal"]):
    """Sets of proposals."""

    def waiting(self) -> Self:
        """Proposals that nobody has weighed."""
        return self.filter(outcome=Outcome.WAITING)

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The only way a door may fetch proposals."""
        return self.filter(risk__in=Risk.objects.visible_to(user))


class LikelihoodProposal(models.Model):
    """History says another likelihood; the owner decides with a reason."""

    risk = models.ForeignKey(Risk, on_delete=models.CASCADE, related_name="proposals")
    step_now = models.PositiveSmallIntegerField()
    step = models.PositiveSmallIntegerField()
    # Everything needed to check the arithmetic by hand.
    sums = models.JSONField()
    offered_at = models.DateTimeField()
    outcome = models.CharField(max_length=20, choices=Outcome.choices, default=Outcome.WAITING)
    reason = models.TextField(blank=True)
    weighed_at = models.DateTimeField(null=True, blank=True)
    weighed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = MovementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="likelihood_proposal_one_waiting",
                fields=["risk"],
                condition=Q(outcome="waiting"),
            ),
            models.CheckConstraint(
                name="likelihood_proposal_weighed_iff_person", condition=WEIGHED_IFF_PERSON
            ),
        ]

    def __str__(self) -> str:
        return f"{self.risk_id}: {self.step_now} → {self.step}"


class LossTolerance(models.Model):
    """How likely a year may be to cost more than so much; the newest one holds."""

    # Pairs of loss and chance, the smallest loss first, chances falling.
    points = models.JSONField()
    reason = models.TextField()
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.set_at:%Y-%m-%d}"


class ContinuityWorth(models.Model):
    """What an hour, an error and the whole undertaking are worth; the newest one holds."""

    hour_of_downtime = models.FloatField(_("one hour of one site standing still"))
    share_offline = models.FloatField(_("share of sales that goes on without a link, in per cent"))
    hours_before = models.FloatField(_("hours an outage took before the portal"))
    error_cost = models.FloatField(_("one error that was stopped"))
    yearly_cost = models.FloatField(_("what continuity costs in a year"))
    # Nothing said: what scheduled sync keeps off a busy line is measured, but not valued.
    busy_from = models.PositiveSmallIntegerField(
        _("the line is busy from this hour of the site's day"), null=True, blank=True
    )
    busy_until = models.PositiveSmallIntegerField(
        _("the line is busy until this hour"), null=True, blank=True
    )
    gigabyte_cost = models.FloatField(
        _("one gigabyte kept off the busy hours"), null=True, blank=True
    )
    reason = models.TextField(_("what these figures rest on"))
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="continuity_worth_not_negative",
                condition=Q(hour_of_downtime__gte=0, hours_before__gte=0, error_cost__gte=0)
                & Q(yearly_cost__gte=0, share_offline__range=(0, 100)),
                violation_error_message=_("No figure is negative; a share ends at 100."),
            ),
            models.CheckConstraint(
                name="continuity_worth_gigabyte_not_negative",
                condition=Q(gigabyte_cost=None) | Q(gigabyte_cost__gte=0),
                violation_error_message=_("No figure is negative; a share ends at 100."),
            ),
            models.CheckConstraint(
                name="continuity_worth_busy_hours_of_a_day",
                condition=Q(busy_from=None, busy_until=None)
                | Q(busy_from__isnull=False, busy_until__isnull=False)
                & Q(busy_from__lt=F("busy_until"), busy_until__lte=24),
                violation_error_message=_(
                    "Busy hours begin and end within a day, for example 8 and 20; or say neither."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.set_at:%Y-%m-%d}"
