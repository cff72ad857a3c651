"""One asset needs another."""

from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from assets.models.asset import Asset
from assets.scope import EVERY_SITE
from bcp_portal.accounts.models import User


class DependencyKind(models.TextChoices):
    """How much the asset needs the other one."""

    HARD = "hard", _("Hard: stands still without it")
    DEGRADED = "degraded", _("Degraded: goes on with limits")
    DATA = "data", _("Data: gets its data from it")


class DependencyQuerySet(models.QuerySet["Dependency"]):
    """Sets of dependencies."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The only way a door may fetch dependencies: both ends must be visible."""
        if user.has_perm(EVERY_SITE):
            return self
        assets = Asset.objects.visible_to(user)
        return self.filter(asset__in=assets, depends_on__in=assets)

    def in_use(self) -> Self:
        """Arrows between assets that have not been retired."""
        return self.filter(asset__retired_on=None, depends_on__retired_on=None)

    def for_list(self) -> Self:
        """Everything a list row shows, in one query."""
        return self.select_related("asset", "depends_on")


class Dependency(models.Model):
    """An arrow from an asset to what it needs.

    Arrows of one asset with the same `group` are alternatives of which `needed` must work ("two of
    three tills"); without a group each arrow stands alone.
    """

    asset = models.ForeignKey(
        Asset, on_delete=models.CASCADE, related_name="dependencies", verbose_name=_("asset")
    )
    depends_on = models.ForeignKey(
        Asset, on_delete=models.CASCADE, related_name="dependents", verbose_name=_("depends on")
    )
    kind = models.CharField(
        _("kind"), max_length=20, choices=DependencyKind.choices, default=DependencyKind.HARD
    )
    group = models.CharField(_("group of alternatives"), max_length=40, blank=True)
    needed = models.PositiveSmallIntegerField(_("how many of the group are needed"), default=1)

    objects = DependencyQuerySet.as_manager()

    class Meta:
        verbose_name = _("dependency")
        verbose_name_plural = _("dependencies")
        constraints = [
            models.UniqueConstraint(
                name="dependency_drawn_once",
                violation_error_message=_("This dependency is already there."),
                fields=["asset", "depends_on", "kind"],
            ),
            models.CheckConstraint(
                name="dependency_not_on_itself",
                violation_error_message=_("An asset cannot depend on itself."),
                condition=~Q(asset=F("depends_on")),
            ),
            models.CheckConstraint(
                name="dependency_kind_known", condition=Q(kind__in=DependencyKind.values)
            ),
            models.CheckConstraint(
                name="dependency_needs_at_least_one",
                violation_error_message=_("At least one of a group must be needed."),
                condition=Q(needed__gte=1),
            ),
            models.CheckConstraint(
                name="dependency_without_group_needs_one",
                violation_error_message=_("Name the group of which more than one are needed."),
                condition=~Q(group="") | Q(needed=1),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asset.code} → {self.depends_on.code} ({self.kind})"
