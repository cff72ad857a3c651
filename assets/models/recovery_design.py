"""How an asset is meant to come back: redundancy, failover, copies and restores."""

from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from assets.models.asset import Asset
from assets.models.failover_path import FailoverPath
from assets.models.recovery_target import ZERO
from bcp_portal.accounts.models import User


class Redundancy(models.TextChoices):
    """Where a second one stands."""

    UNKNOWN = "unknown", _("Unknown")
    NONE = "none", _("None")
    SAME_PLACE = "same_place", _("In the same place")
    ZONE = "zone", _("In another zone")
    REGION = "region", _("In another region")


class FailoverMode(models.TextChoices):
    """Who switches over."""

    UNKNOWN = "unknown", _("Unknown")
    NONE = "none", _("No failover")
    MANUAL = "manual", _("By hand")
    AUTOMATIC = "automatic", _("By itself")


class Replication(models.TextChoices):
    """How changes reach the second one."""

    UNKNOWN = "unknown", _("Unknown")
    NONE = "none", _("None")
    ASYNCHRONOUS = "asynchronous", _("Asynchronous")
    SEMI_SYNCHRONOUS = "semi_synchronous", _("Semi-synchronous")
    SYNCHRONOUS = "synchronous", _("Synchronous")


class RecoveryDesignQuerySet(models.QuerySet["RecoveryDesign"]):
    """Sets of recovery designs."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The only way a door may fetch them."""
        return self.filter(asset__in=Asset.objects.visible_to(user))


class RecoveryDesign(models.Model):
    """What was built so that the objectives can be met; the asset says how often it is copied."""

    asset = models.OneToOneField(
        Asset, on_delete=models.CASCADE, related_name="design", verbose_name=_("asset")
    )
    redundancy = models.CharField(
        _("redundancy"), max_length=20, choices=Redundancy.choices, default=Redundancy.UNKNOWN
    )
    failover = models.CharField(
        _("failover"), max_length=20, choices=FailoverMode.choices, default=FailoverMode.UNKNOWN
    )
    failover_path = models.ForeignKey(
        FailoverPath,
        on_delete=models.SET_NULL,
        related_name="designs",
        null=True,
        blank=True,
        verbose_name=_("failover path"),
    )
    replication = models.CharField(
        _("replication"), max_length=20, choices=Replication.choices, default=Replication.UNKNOWN
    )
    retention = models.DurationField(_("copies are kept for"), null=True, blank=True)
    full_restore = models.DurationField(_("full restore takes"), null=True, blank=True)
    partial_restore = models.DurationField(_("partial restore takes"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)

    objects = RecoveryDesignQuerySet.as_manager()

    class Meta:
        verbose_name = _("recovery design")
        verbose_name_plural = _("recovery designs")
        constraints = [
            models.CheckConstraint(
                name="design_words_known",
                condition=Q(redundancy__in=Redundancy.values)
                & Q(failover__in=FailoverMode.values)
                & Q(replication__in=Replication.values),
            ),
            models.CheckConstraint(
                name="design_spans_not_negative",
                violation_error_message=_("A duration cannot be negative."),
                condition=(Q(retention=None) | Q(retention__gte=ZERO))
                & (Q(full_restore=None) | Q(full_restore__gte=ZERO))
                & (Q(partial_restore=None) | Q(partial_restore__gte=ZERO)),
            ),
            models.CheckConstraint(
                name="design_path_only_with_failover",
                violation_error_message=_("Without failover there is no path to switch to."),
                condition=~Q(failover="none") | Q(failover_path=None),
            ),
        ]

    def __str__(self) -> str:
        return self.asset.code
