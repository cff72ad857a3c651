"""Something the business runs on."""

from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from assets.models.custom_field import CustomFacts
from assets.models.site import Criticality, Site
from assets.models.third_party import ThirdParty
from assets.models.unit import Unit
from bcp_portal.accounts.models import User


class AssetKind(models.TextChoices):
    """What kind of thing it is."""

    APPLICATION = "application", _("Application")
    DATABASE = "database", _("Database")
    INTEGRATION = "integration", _("Integration")
    PROCESS = "process", _("Process")
    INFRASTRUCTURE = "infrastructure", _("Infrastructure")
    SITE = "site", _("Site")
    DEVICE_CLASS = "device_class", _("Kind of device")
    PEOPLE = "people", _("People")


class AssetQuerySet(models.QuerySet["Asset"]):
    """Sets of assets."""

    def in_use(self) -> Self:
        """Assets that have not been retired."""
        return self.filter(retired_on=None)

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The only way a door may fetch assets: shared ones, and those of visible sites."""
        if user.has_perm("assets.view_every_site"):
            return self
        if not isinstance(user, User):
            return self.none()
        return self.filter(Q(site=None) | Q(site__in=Site.objects.visible_to(user)))

    def for_list(self) -> Self:
        """Everything a list row shows, in one query."""
        return self.select_related(
            "site__region", "unit", "business_owner", "technical_owner", "recovery_target"
        )


class Asset(CustomFacts):
    """A module, database, partner, process, machine or site without which work stops."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=160)
    kind = models.CharField(
        _("kind"), max_length=20, choices=AssetKind.choices, default=AssetKind.APPLICATION
    )
    site = models.ForeignKey(
        Site,
        on_delete=models.PROTECT,
        related_name="assets",
        null=True,
        blank=True,
        verbose_name=_("site"),
    )
    unit = models.ForeignKey(
        Unit,
        on_delete=models.PROTECT,
        related_name="assets",
        null=True,
        blank=True,
        verbose_name=_("organisational unit"),
    )
    business_owner = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        related_name="business_assets",
        null=True,
        blank=True,
        verbose_name=_("business owner"),
    )
    technical_owner = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        related_name="technical_assets",
        null=True,
        blank=True,
        verbose_name=_("technical owner"),
    )
    criticality = models.PositiveSmallIntegerField(
        _("criticality"), choices=Criticality.choices, default=Criticality.ORDINARY
    )
    description = models.TextField(_("description"), blank=True)
    if_it_fails = models.TextField(_("what happens if it fails"), blank=True)
    if_it_is_abused = models.TextField(_("what happens if it is abused"), blank=True)
    is_third_party = models.BooleanField(_("run by a third party"), default=False)
    third_party = models.ForeignKey(
        ThirdParty,
        on_delete=models.PROTECT,
        related_name="assets",
        null=True,
        blank=True,
        verbose_name=_("third party"),
    )
    zone = models.CharField(_("zone"), max_length=60, blank=True)
    stream_name = models.CharField(_("telemetry stream"), max_length=80, blank=True)
    own_restore = models.DurationField(_("own restore time"), null=True, blank=True)
    backup_every = models.DurationField(_("backup every"), null=True, blank=True)
    retired_on = models.DateField(_("retired on"), null=True, blank=True)

    objects = AssetQuerySet.as_manager()

    class Meta:
        verbose_name = _("asset")
        verbose_name_plural = _("assets")
        permissions = [
            ("run_asset", "Can add, edit, link and retire assets"),
            ("declare_failover", "Can declare failover paths"),
            ("switch_failover", "Can switch failover paths"),
        ]
        constraints = [
            models.CheckConstraint(name="asset_kind_known", condition=Q(kind__in=AssetKind.values)),
            models.CheckConstraint(
                name="asset_criticality_from_one_to_four", condition=Q(criticality__range=(1, 4))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
