"""A place that can be cut off, and who looks after it."""

from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from assets.models.region import Region
from bcp_portal.accounts.models import User


class SiteKind(models.TextChoices):
    """What kind of place it is."""

    BRANCH = "branch", _("Branch")
    WAREHOUSE = "warehouse", _("Warehouse")
    DATA_CENTRE = "data_centre", _("Data centre")
    CLINIC = "clinic", _("Clinic")
    VEHICLE = "vehicle", _("Vehicle")
    KIOSK = "kiosk", _("Kiosk")


class Sector(models.TextChoices):
    """The line of business, which brings its own requirements."""

    RETAIL = "retail", _("Retail")
    LOGISTICS = "logistics", _("Logistics")
    HEALTH = "health", _("Health")
    EDUCATION = "education", _("Education")
    BANKING = "banking", _("Banking")
    TICKETING = "ticketing", _("Ticketing")


class Criticality(models.IntegerChoices):
    """How much the business leans on it; 1 comes first."""

    VITAL = 1, _("1 Vital")
    IMPORTANT = 2, _("2 Important")
    ORDINARY = 3, _("3 Ordinary")
    MINOR = 4, _("4 Minor")


class SiteQuerySet(models.QuerySet["Site"]):
    """Sets of sites, named as an operator would name them."""

    def open(self) -> Self:
        """Sites that have not been closed."""
        return self.filter(closed_on=None)

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The only way a door may fetch sites."""
        if user.has_perm("assets.view_every_site"):
            return self
        if not isinstance(user, User):
            return self.none()
        mine = SiteAssignment.objects.filter(user=user)
        return self.filter(
            Q(pk__in=mine.exclude(site=None).values("site"))
            | Q(region__in=mine.exclude(region=None).values("region"))
        )

    def for_list(self) -> Self:
        """Everything a list row shows, in one query."""
        return self.select_related("region")


class Site(models.Model):
    """A place with devices of its own, which may lose its link and go on working."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(
        _("kind"), max_length=20, choices=SiteKind.choices, default=SiteKind.BRANCH
    )
    region = models.ForeignKey(
        Region, on_delete=models.PROTECT, related_name="sites", verbose_name=_("region")
    )
    provider = models.CharField(_("network provider"), max_length=80, blank=True)
    shard = models.CharField(_("shard"), max_length=40, blank=True)
    sector = models.CharField(_("sector"), max_length=20, choices=Sector.choices, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, default="Asia/Jakarta")
    latitude = models.FloatField(_("latitude"), null=True, blank=True)
    longitude = models.FloatField(_("longitude"), null=True, blank=True)
    criticality = models.PositiveSmallIntegerField(
        _("criticality"), choices=Criticality.choices, default=Criticality.ORDINARY
    )
    data_volume_bytes = models.BigIntegerField(_("data volume"), null=True, blank=True)
    offline_is_normal = models.BooleanField(_("offline is normal"), default=False)
    address = models.TextField(_("address"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    opened_on = models.DateField(_("opened on"), null=True, blank=True)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)

    objects = SiteQuerySet.as_manager()

    class Meta:
        verbose_name = _("site")
        verbose_name_plural = _("sites")
        permissions = [
            ("view_every_site", "Can view every site, not only the assigned ones"),
            ("run_site", "Can open, edit and close sites, regions and planned windows"),
            ("assign_site", "Can assign people to sites"),
        ]
        constraints = [
            models.CheckConstraint(name="site_kind_known", condition=Q(kind__in=SiteKind.values)),
            models.CheckConstraint(
                name="site_criticality_from_one_to_four", condition=Q(criticality__range=(1, 4))
            ),
            models.CheckConstraint(
                name="site_closes_after_it_opens",
                violation_error_message=_("A site cannot close before it opens."),
                condition=Q(closed_on=None) | Q(opened_on=None) | Q(closed_on__gte=F("opened_on")),
            ),
            models.CheckConstraint(
                name="site_coordinates_are_on_the_globe",
                violation_error_message=_(
                    "Give both latitude (-90 to 90) and longitude (-180 to 180), or neither."
                ),
                condition=Q(latitude=None, longitude=None)
                | Q(
                    # A comparison with NULL is not false, so both must be said to be there.
                    latitude__isnull=False,
                    longitude__isnull=False,
                    latitude__range=(-90.0, 90.0),
                    longitude__range=(-180.0, 180.0),
                ),
            ),
            models.CheckConstraint(
                name="site_data_volume_not_negative",
                violation_error_message=_("The data volume cannot be negative."),
                condition=Q(data_volume_bytes=None) | Q(data_volume_bytes__gte=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class SiteAssignment(models.Model):
    """A person looks after a site, or after every site of a region."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="site_assignments")
    site = models.ForeignKey(
        Site, on_delete=models.CASCADE, related_name="assignments", null=True, blank=True
    )
    region = models.ForeignKey(
        Region, on_delete=models.CASCADE, related_name="assignments", null=True, blank=True
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="site_assignment_names_a_site_or_a_region",
                violation_error_message=_("Name either a site or a region."),
                condition=Q(site__isnull=False, region=None) | Q(site=None, region__isnull=False),
            ),
            models.UniqueConstraint(
                name="site_assignment_once_per_site",
                fields=["user", "site"],
                condition=Q(site__isnull=False),
            ),
            models.UniqueConstraint(
                name="site_assignment_once_per_region",
                fields=["user", "region"],
                condition=Q(region__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} → {self.site or self.region}"
