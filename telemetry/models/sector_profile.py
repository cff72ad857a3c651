"""What an organisation asks of the sites of one sector, version by version."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from assets.models import Sector
from bcp_portal.accounts.models import User


class SectorProfileQuerySet(models.QuerySet["SectorProfile"]):
    """Sets of versions."""

    def visible_to(self, user: User) -> Self:
        """The only way a door may fetch profiles: what is asked of a sector is no secret."""
        return self

    def newest(self) -> Self:
        """The version in force of each sector that has one of its own."""
        later = SectorProfile.objects.filter(
            sector=models.OuterRef("sector"), number__gt=models.OuterRef("number")
        )
        return self.filter(~models.Exists(later))


class SectorProfile(models.Model):
    """One version of the organisation's own copy; never changed, the highest number holds.

    While there is none, the profile that comes along holds. The numbers of rules are no part of
    it: they have their own settings for a sector, with a history of their own.
    """

    sector = models.CharField(_("sector"), max_length=20, choices=Sector.choices)
    number = models.PositiveIntegerField()
    # {"limits": {name: number}, "controls": [code], "courses": [code], "playbooks": [code]}
    asks = models.JSONField()
    reason = models.CharField(max_length=300)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = SectorProfileQuerySet.as_manager()

    class Meta:
        permissions = [("edit_sector_profile", "Can say what is asked of a sector")]
        constraints = [
            models.UniqueConstraint(name="sector_profile_number_once", fields=["sector", "number"]),
        ]

    def __str__(self) -> str:
        return f"{self.sector} v{self.number}"

    @property
    def code(self) -> str:
        """What people call it."""
        return f"{self.sector} v{self.number}"
