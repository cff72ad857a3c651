"""What a sector or a site says about a rule instead of the profile's numbers."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from assets.models import Sector, Site
from assets.scope import visible_site_ids
from bcp_portal.accounts.models import User


class RuleSettingQuerySet(models.QuerySet["RuleSetting"]):
    """Sets of settings."""

    def visible_to(self, user: User) -> Self:
        """Settings of everywhere, of sectors, and of the sites a person may see."""
        sites = visible_site_ids(user)
        return self if sites is None else self.filter(Q(site=None) | Q(site_id__in=sites))


class RuleSetting(models.Model):
    """One rule at one place: everywhere, in a sector, or at a site; the narrower one holds.

    `is_on` null and a limit that is not named: what the wider place says. History is the trail.
    """

    rule = models.CharField(_("rule"), max_length=24)
    sector = models.CharField(_("sector"), max_length=20, choices=Sector.choices, blank=True)
    site = models.ForeignKey(
        Site, on_delete=models.CASCADE, null=True, blank=True, related_name="rule_settings"
    )
    is_on = models.BooleanField(_("on"), null=True)
    limits = models.JSONField(default=dict)
    changed_at = models.DateTimeField()

    objects = RuleSettingQuerySet.as_manager()

    class Meta:
        permissions = [("tune_rule", "Can switch and tune rules of detection")]
        constraints = [
            models.UniqueConstraint(
                name="rule_setting_once_for_a_sector",
                fields=["rule", "sector"],
                condition=Q(site=None),
            ),
            models.UniqueConstraint(
                name="rule_setting_once_for_a_site",
                fields=["rule", "site"],
                condition=Q(site__isnull=False),
            ),
            models.CheckConstraint(
                name="rule_setting_names_a_sector_or_a_site",
                condition=Q(site=None) | Q(sector=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule}@{self.site.code if self.site else self.sector or '*'}"
