"""Where work goes when a site cannot do it."""

from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from assets.models.asset import Asset
from assets.models.site import Site
from bcp_portal.accounts.models import User
from bcp_portal.shared.lifecycle import Lifecycle


class FailoverState(models.TextChoices):
    """Whether the path could be used now, or is."""

    READY = "ready", _("Ready")
    DEGRADED = "degraded", _("Degraded")
    ACTIVE = "active", _("Active")
    DOWN = "down", _("Down")


FAILOVER_LIFECYCLE = Lifecycle(
    "failover path",
    {
        FailoverState.READY: frozenset(
            {FailoverState.DEGRADED, FailoverState.ACTIVE, FailoverState.DOWN}
        ),
        FailoverState.DEGRADED: frozenset(
            {FailoverState.READY, FailoverState.ACTIVE, FailoverState.DOWN}
        ),
        FailoverState.ACTIVE: frozenset(
            {FailoverState.READY, FailoverState.DEGRADED, FailoverState.DOWN}
        ),
        # A path that is down is mended first; nobody switches onto a broken bridge.
        FailoverState.DOWN: frozenset({FailoverState.READY, FailoverState.DEGRADED}),
    },
)


class FailoverPathQuerySet(models.QuerySet["FailoverPath"]):
    """Sets of failover paths."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The only way a door may fetch paths: one end must be visible."""
        sites = Site.objects.visible_to(user)
        return self.filter(Q(source__in=sites) | Q(target__in=sites))

    def for_list(self) -> Self:
        """Everything a list row shows, in one query."""
        return self.select_related("source", "target", "asset")


class FailoverPath(models.Model):
    """A prepared way from one site to another, for everything or for one asset."""

    name = models.CharField(_("name"), max_length=120)
    source = models.ForeignKey(
        Site, on_delete=models.PROTECT, related_name="failover_from", verbose_name=_("from")
    )
    target = models.ForeignKey(
        Site, on_delete=models.PROTECT, related_name="failover_to", verbose_name=_("to")
    )
    asset = models.ForeignKey(
        Asset,
        on_delete=models.PROTECT,
        related_name="failover_paths",
        null=True,
        blank=True,
        verbose_name=_("asset"),
    )
    state = models.CharField(
        _("state"), max_length=20, choices=FailoverState.choices, default=FailoverState.READY
    )
    is_automatic = models.BooleanField(_("switches by itself"), default=False)
    # Where a signed order makes another program switch; empty where people do.
    switch_address = models.CharField(_("ordered at"), max_length=500, blank=True)
    switched_at = models.DateTimeField(_("switched at"), null=True, blank=True)

    objects = FailoverPathQuerySet.as_manager()

    class Meta:
        verbose_name = _("failover path")
        verbose_name_plural = _("failover paths")
        constraints = [
            models.CheckConstraint(
                name="failover_path_state_known", condition=Q(state__in=FailoverState.values)
            ),
            models.CheckConstraint(
                name="failover_path_leads_elsewhere",
                violation_error_message=_("A failover path must lead to another site."),
                condition=~Q(source=F("target")),
            ),
            models.CheckConstraint(
                name="failover_path_active_knows_since_when",
                condition=~Q(state="active") | Q(switched_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name
