"""A key risk indicator: a number that moves before the risk does."""

from datetime import datetime
from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from assets.models import Asset, BilingualName
from bcp_portal.accounts.models import User
from risks.models.risk import Risk


class IndicatorStatus(models.TextChoices):
    """What the last value says."""

    OK = "ok", _("Within limits")
    WATCH = "watch", _("Watch")
    ACT = "act", _("Past the limit")
    UNKNOWN = "unknown", _("Unknown")


class IndicatorQuerySet(models.QuerySet["Indicator"]):
    """Sets of indicators."""

    def in_use(self) -> Self:
        """Indicators that somebody still looks at."""
        return self.filter(retired_at=None)

    def live(self) -> Self:
        """Indicators that read their number by themselves."""
        return self.in_use().exclude(reading="")

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The only way a door may fetch indicators.

        Figures over the whole company are for those who see all of it; an indicator of one asset
        follows the asset, and a typed one follows the risks it watches.
        """
        if user.has_perm("assets.view_every_site"):
            return self
        if not isinstance(user, User):
            return self.none()
        risks = Indicator.risks.through.objects.filter(risk__in=Risk.objects.visible_to(user))
        mine = Q(owner=user)
        of_asset = Q(asset__in=Asset.objects.visible_to(user))
        typed = Q(reading="", asset=None, pk__in=risks.values("indicator"))
        return self.filter(mine | of_asset | typed)

    def for_list(self) -> Self:
        """Everything a list row shows, in one query."""
        return self.select_related("owner", "asset")


class Indicator(BilingualName):
    """What is measured, by which limits, and how old a value may be before it says nothing."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=160)
    name_id = models.CharField(_("name in Indonesian"), max_length=160, blank=True)
    description = models.TextField(_("description"), blank=True)
    # The name of a live reading; empty when people type the value.
    reading = models.CharField(_("reading"), max_length=40, blank=True)
    asset = models.ForeignKey(
        Asset,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="indicators",
        verbose_name=_("asset"),
    )
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    higher_is_worse = models.BooleanField(_("higher is worse"), default=True)
    watch_at = models.FloatField(_("watch from"))
    act_at = models.FloatField(_("act from"))
    stale_after = models.DurationField(_("too old after"))
    owner = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="indicators", verbose_name=_("owner")
    )
    risks = models.ManyToManyField(
        Risk, related_name="indicators", blank=True, verbose_name=_("risks")
    )
    value = models.FloatField(_("value"), null=True, blank=True)
    status = models.CharField(
        _("status"),
        max_length=10,
        choices=IndicatorStatus.choices,
        default=IndicatorStatus.UNKNOWN,
    )
    measured_at = models.DateTimeField(_("measured at"), null=True, blank=True)
    status_since = models.DateTimeField(_("so since"), null=True, blank=True)
    retired_at = models.DateTimeField(_("retired at"), null=True, blank=True)

    objects = IndicatorQuerySet.as_manager()

    class Meta:
        verbose_name = _("indicator")
        verbose_name_plural = _("indicators")
        permissions = [
            ("run_indicator", "Can introduce, edit and retire indicators"),
            ("record_value", "Can type the value of an indicator"),
        ]
        constraints = [
            models.CheckConstraint(
                name="indicator_status_known", condition=Q(status__in=IndicatorStatus.values)
            ),
            models.CheckConstraint(
                name="indicator_limits_in_order",
                condition=Q(higher_is_worse=True, watch_at__lte=models.F("act_at"))
                | Q(higher_is_worse=False, watch_at__gte=models.F("act_at")),
                violation_error_message=_("The limit for acting lies beyond the one for watching."),
            ),
            # Nobody has measured: that is unknown, never fine.
            models.CheckConstraint(
                name="indicator_unknown_iff_no_value",
                condition=Q(status="unknown", value=None)
                | (~Q(status="unknown") & Q(value__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    @property
    def title(self) -> str:
        """The name in the reader's language."""
        return self.name_id if self.name_id and get_language() == "id" else self.name

    def judge(self, value: float | None) -> IndicatorStatus:
        """What a value says by the limits; none says unknown."""
        if value is None:
            return IndicatorStatus.UNKNOWN
        sign = 1 if self.higher_is_worse else -1
        if value * sign >= self.act_at * sign:
            return IndicatorStatus.ACT
        return IndicatorStatus.WATCH if value * sign >= self.watch_at * sign else IndicatorStatus.OK

    def is_stale(self, at: datetime) -> bool:
        """Is the last value too old to say anything?"""
        return self.measured_at is None or at - self.measured_at > self.stale_after


class IndicatorValue(models.Model):
    """One value at one moment; never changed, only followed by another."""

    indicator = models.ForeignKey(Indicator, on_delete=models.CASCADE, related_name="values")
    value = models.FloatField(_("value"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=IndicatorStatus.choices)
    measured_at = models.DateTimeField(_("measured at"))
    recorded_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        indexes = [
            models.Index(name="indicator_value_newest", fields=["indicator", "-measured_at"])
        ]

    def __str__(self) -> str:
        return f"{self.indicator_id} {self.value} {self.measured_at:%Y-%m-%d}"
