"""What an outage does to the business as time goes by, and who was asked about it."""

from datetime import datetime, timedelta
from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from assets.models.asset import Asset
from assets.models.recovery_target import ZERO
from assets.scope import EVERY_SITE
from bcp_portal.accounts.models import User


class ImpactCategory(models.TextChoices):
    """In which way an outage hurts. Money is a rate per hour; the others are levels over time."""

    CUSTOMERS = "customers", _("Customers")
    OPERATIONS = "operations", _("Operations")
    LAW = "law", _("Law and contracts")
    REPUTATION = "reputation", _("Reputation")


class ImpactLevel(models.IntegerChoices):
    """How much it hurts; from the last one on nobody would bear it."""

    NONE = 0, _("None")
    MINOR = 1, _("Minor")
    SERIOUS = 2, _("Serious")
    SEVERE = 3, _("Severe")
    INTOLERABLE = 4, _("Intolerable")


class ImpactAnalysisQuerySet(models.QuerySet["ImpactAnalysis"]):
    """Sets of impact analyses."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The only way a door may fetch them."""
        return self.filter(asset__in=Asset.objects.visible_to(user))


class ImpactAnalysis(models.Model):
    """What the business says about an outage of one asset.

    `bears` is derived: the first moment at which any of the answers becomes intolerable.
    """

    asset = models.OneToOneField(
        Asset, on_delete=models.CASCADE, related_name="impact", verbose_name=_("asset")
    )
    loss_per_hour = models.DecimalField(
        _("loss per hour"), max_digits=16, decimal_places=2, null=True, blank=True
    )
    bearable_loss = models.DecimalField(
        _("loss still tolerable"), max_digits=18, decimal_places=2, null=True, blank=True
    )
    currency = models.CharField(_("currency"), max_length=3, default="IDR")
    longest_delay = models.DurationField(_("latest an order may be delayed"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)
    bears = models.DurationField(_("first intolerable moment"), null=True, blank=True)
    answered_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="impacts_answered", null=True, blank=True
    )
    answered_at = models.DateTimeField(_("answered at"))

    objects = ImpactAnalysisQuerySet.as_manager()

    class Meta:
        verbose_name = _("impact analysis")
        verbose_name_plural = _("impact analyses")
        permissions = [
            ("answer_impact", "Can say what an outage does to the business"),
            ("run_campaign", "Can ask owners about the impact of outages"),
        ]
        constraints = [
            models.CheckConstraint(
                name="impact_numbers_not_negative",
                violation_error_message=_("A loss or a delay cannot be negative."),
                condition=(Q(loss_per_hour=None) | Q(loss_per_hour__gte=0))
                & (Q(bearable_loss=None) | Q(bearable_loss__gte=0))
                & (Q(longest_delay=None) | Q(longest_delay__gte=ZERO)),
            ),
        ]

    def __str__(self) -> str:
        return self.asset.code


class ImpactPoint(models.Model):
    """How much it hurts in one way after some time."""

    analysis = models.ForeignKey(ImpactAnalysis, on_delete=models.CASCADE, related_name="points")
    category = models.CharField(_("category"), max_length=20, choices=ImpactCategory.choices)
    after = models.DurationField(_("after"))
    level = models.PositiveSmallIntegerField(_("level"), choices=ImpactLevel.choices)

    class Meta:
        verbose_name = _("impact point")
        verbose_name_plural = _("impact points")
        constraints = [
            models.CheckConstraint(
                name="impact_category_known", condition=Q(category__in=ImpactCategory.values)
            ),
            models.CheckConstraint(
                name="impact_level_from_none_to_intolerable", condition=Q(level__range=(0, 4))
            ),
            models.UniqueConstraint(
                name="impact_one_level_at_a_time", fields=["analysis", "category", "after"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.category} {self.after}: {self.level}"


class ImpactCampaignQuerySet(models.QuerySet["ImpactCampaign"]):
    """Sets of campaigns."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The only way a door may fetch campaigns: those that ask about an asset one may see."""
        if not user.has_perm("assets.view_impactanalysis"):
            return self.none()
        if user.has_perm(EVERY_SITE):
            return self
        own = models.Q(started_by=user.pk)
        return self.filter(
            own | models.Q(questions__asset__in=Asset.objects.visible_to(user))
        ).distinct()


class ImpactCampaign(models.Model):
    """Owners are asked, by a date, what an outage of their assets does."""

    name = models.CharField(_("name"), max_length=120)
    lead = models.TextField(_("what owners should know"), blank=True)
    due_at = models.DateTimeField(_("due"))
    started_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="impact_campaigns", null=True, blank=True
    )
    started_at = models.DateTimeField(_("started at"))
    overdue_at = models.DateTimeField(_("found overdue at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    objects = ImpactCampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("impact campaign")
        verbose_name_plural = _("impact campaigns")
        constraints = [
            models.CheckConstraint(
                name="campaign_due_after_start",
                violation_error_message=_("The date must lie ahead."),
                condition=Q(due_at__gt=models.F("started_at")),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def is_late(self, at: datetime) -> bool:
        """Whether the date has passed and somebody still owes an answer."""
        return self.closed_at is None and at > self.due_at


class ImpactQuestionQuerySet(models.QuerySet["ImpactQuestion"]):
    """Sets of questions."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The only way a door may fetch questions."""
        return self.filter(asset__in=Asset.objects.visible_to(user))

    def waiting(self) -> Self:
        """Questions that still want an answer."""
        return self.filter(answered_at=None, campaign__closed_at=None)


class ImpactQuestion(models.Model):
    """One owner is asked about one asset."""

    campaign = models.ForeignKey(ImpactCampaign, on_delete=models.CASCADE, related_name="questions")
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="impact_questions")
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="impact_questions")
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)

    objects = ImpactQuestionQuerySet.as_manager()

    class Meta:
        verbose_name = _("impact question")
        verbose_name_plural = _("impact questions")
        constraints = [
            models.UniqueConstraint(
                name="impact_asked_once_per_campaign", fields=["campaign", "asset"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.campaign} {self.asset.code}"


# The moments that the form asks about.
MOMENTS = (
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=8),
    timedelta(hours=24),
    timedelta(hours=72),
    timedelta(days=7),
)
