"""What a recovery really took: the proof, or the disproof, of a target."""

from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from assets.models.asset import Asset
from assets.models.recovery_target import ZERO
from bcp_portal.accounts.models import User


class Measure(models.TextChoices):
    """Which promise was put to the test."""

    RTO = "rto", _("RTO")
    RPO = "rpo", _("RPO")


class AchievementSource(models.TextChoices):
    """What put it to the test."""

    INCIDENT = "incident", _("Incident")
    EXERCISE = "exercise", _("Exercise")
    RESTORE_TEST = "restore_test", _("Restore test")
    LIVE = "live", _("Live telemetry")


class AchievementQuerySet(models.QuerySet["Achievement"]):
    """Sets of achievements."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The only way a door may fetch achievements."""
        return self.filter(asset__in=Asset.objects.visible_to(user))


class Achievement(models.Model):
    """One measured recovery, with the target as it stood then."""

    asset = models.ForeignKey(
        Asset, on_delete=models.PROTECT, related_name="achievements", verbose_name=_("asset")
    )
    measure = models.CharField(_("measure"), max_length=10, choices=Measure.choices)
    source_kind = models.CharField(
        _("kind of proof"), max_length=20, choices=AchievementSource.choices
    )
    source_code = models.CharField(_("source"), max_length=40, blank=True)
    achieved = models.DurationField(_("achieved"))
    target = models.DurationField(_("target then"), null=True, blank=True)
    is_met = models.BooleanField(_("met"), null=True, blank=True)
    happened_at = models.DateTimeField(_("happened at"))
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        related_name="achievements_recorded",
        null=True,
        blank=True,
        verbose_name=_("recorded by"),
    )

    objects = AchievementQuerySet.as_manager()

    class Meta:
        verbose_name = _("achievement")
        verbose_name_plural = _("achievements")
        permissions = [("record_achievement", "Can record what a recovery really took")]
        constraints = [
            models.CheckConstraint(
                name="achievement_measure_known", condition=Q(measure__in=Measure.values)
            ),
            models.CheckConstraint(
                name="achievement_source_known",
                condition=Q(source_kind__in=AchievementSource.values),
            ),
            models.CheckConstraint(
                name="achievement_not_negative",
                violation_error_message=_("A duration cannot be negative."),
                condition=Q(achieved__gte=ZERO),
            ),
            # The verdict is arithmetic, never an opinion.
            models.CheckConstraint(
                name="achievement_met_iff_within_target",
                condition=Q(target=None, is_met=None)
                | Q(
                    is_met__isnull=False,
                    is_met=True,
                    target__isnull=False,
                    achieved__lte=F("target"),
                )
                | Q(
                    is_met__isnull=False,
                    is_met=False,
                    target__isnull=False,
                    achieved__gt=F("target"),
                ),
            ),
            models.UniqueConstraint(
                name="achievement_once_per_source",
                violation_error_message=_("This source has already been recorded for this asset."),
                fields=["asset", "measure", "source_kind", "source_code"],
                condition=~Q(source_code=""),
            ),
        ]
        indexes = [
            models.Index(
                name="achievement_by_asset_and_time", fields=["asset", "measure", "happened_at"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.asset.code} {self.measure} {self.achieved} ({self.source_code})"
