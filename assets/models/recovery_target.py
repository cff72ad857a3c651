"""How fast an asset must come back, and how much may be lost."""

from datetime import datetime, timedelta
from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from assets.models.asset import Asset
from bcp_portal.accounts.models import User

ZERO = timedelta()


class RecoveryTargetQuerySet(models.QuerySet["RecoveryTarget"]):
    """Sets of recovery targets."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The only way a door may fetch targets."""
        return self.filter(asset__in=Asset.objects.visible_to(user))

    def for_list(self) -> Self:
        """Everything a list row shows, in one query."""
        return self.select_related("asset__site", "set_by")


class RecoveryTarget(models.Model):
    """The promise of one asset. Nothing said (NULL) is unknown; zero is a promise."""

    asset = models.OneToOneField(
        Asset, on_delete=models.CASCADE, related_name="recovery_target", verbose_name=_("asset")
    )
    rto = models.DurationField(_("RTO"), null=True, blank=True)
    rpo = models.DurationField(_("RPO"), null=True, blank=True)
    mtpd = models.DurationField(_("MTPD"), null=True, blank=True)
    wrt = models.DurationField(_("WRT"), null=True, blank=True)
    mbco = models.TextField(_("MBCO"), blank=True)
    set_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        related_name="targets_set",
        null=True,
        blank=True,
        verbose_name=_("set by"),
    )
    set_at = models.DateTimeField(_("set at"))

    objects = RecoveryTargetQuerySet.as_manager()

    class Meta:
        verbose_name = _("recovery target")
        verbose_name_plural = _("recovery targets")
        permissions = [("set_target", "Can set recovery targets")]
        constraints = [
            models.CheckConstraint(
                name="recovery_target_spans_not_negative",
                violation_error_message=_("A duration cannot be negative."),
                condition=(Q(rto=None) | Q(rto__gte=ZERO))
                & (Q(rpo=None) | Q(rpo__gte=ZERO))
                & (Q(mtpd=None) | Q(mtpd__gte=ZERO))
                & (Q(wrt=None) | Q(wrt__gte=ZERO)),
            ),
            models.CheckConstraint(
                name="rto_within_mtpd",
                violation_error_message=_(
                    "The RTO is longer than the MTPD: shorten it, or the business must bear more."
                ),
                condition=Q(rto=None) | Q(mtpd=None) | Q(rto__lte=F("mtpd")),
            ),
            models.CheckConstraint(
                name="rto_plus_wrt_within_mtpd",
                violation_error_message=_(
                    "RTO and WRT together are longer than the MTPD: both must fit into it."
                ),
                condition=Q(rto=None)
                | Q(wrt=None)
                | Q(mtpd=None)
                | Q(mtpd__gte=F("rto") + F("wrt")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asset.code}: RTO {self.rto}, RPO {self.rpo}"

    def rto_deadline(self, since: datetime) -> datetime | None:
        """When the asset must be back, if it went down at `since`."""
        return None if self.rto is None else since + self.rto
