"""A time at which a site is expected to be offline."""

from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from assets.models.region import Region
from assets.models.site import Site
from bcp_portal.accounts.models import User


class PlannedWindowQuerySet(models.QuerySet["PlannedWindow"]):
    """Sets of planned windows."""

    def active(self) -> Self:
        """Windows that still count."""
        return self.filter(is_active=True)

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The only way a door may fetch windows."""
        if user.has_perm("assets.view_every_site"):
            return self
        sites = Site.objects.visible_to(user)
        return self.filter(Q(site__in=sites) | Q(region__in=sites.values("region")))


class PlannedWindow(models.Model):
    """Offline on purpose: one site or one region, once or by a recurrence rule.

    `rrule` is an RFC 5545 rule without DTSTART ("FREQ=WEEKLY;BYDAY=SU"); empty means once. It is
    unrolled in each site's own time zone, so "every night at 22:00" means 22:00 there.
    """

    site = models.ForeignKey(
        Site,
        on_delete=models.CASCADE,
        related_name="planned_windows",
        null=True,
        blank=True,
        verbose_name=_("site"),
    )
    region = models.ForeignKey(
        Region,
        on_delete=models.CASCADE,
        related_name="planned_windows",
        null=True,
        blank=True,
        verbose_name=_("region"),
    )
    rrule = models.CharField(_("repeats"), max_length=200, blank=True)
    starts_at = models.DateTimeField(_("first starts at"))
    duration = models.DurationField(_("lasts"))
    reason = models.CharField(_("reason"), max_length=200)
    is_active = models.BooleanField(_("active"), default=True)

    objects = PlannedWindowQuerySet.as_manager()

    class Meta:
        verbose_name = _("planned window")
        verbose_name_plural = _("planned windows")
        constraints = [
            models.CheckConstraint(
                name="planned_window_for_one_site_or_one_region",
                violation_error_message=_("Name either a site or a region."),
                condition=Q(site__isnull=False, region=None) | Q(site=None, region__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.site or self.region}: {self.reason}"
