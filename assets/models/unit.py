"""A part of the organisation to which risks and assets belong."""

from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models import User


class UnitQuerySet(models.QuerySet["Unit"]):
    """Sets of organisational units."""

    def in_use(self) -> Self:
        """Units that have not been dissolved, by name."""
        return self.filter(retired_on=None).order_by("name", "code")

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The only way a door may fetch units: their names are no secret inside the house."""
        return self if user.is_authenticated else self.none()


class Unit(models.Model):
    """A department, branch office or line of business; rows that name none are of unknown unit."""

    code = models.CharField(
        _("code"),
        max_length=20,
        unique=True,
        validators=[
            RegexValidator(
                r"^[A-Z0-9][A-Z0-9-]*$", _("Capitals, digits and dashes only; for example FIN.")
            )
        ],
    )
    name = models.CharField(_("name"), max_length=120)
    name_id = models.CharField(_("name in Indonesian"), max_length=120, blank=True)
    retired_on = models.DateField(_("dissolved on"), null=True, blank=True)

    objects = UnitQuerySet.as_manager()

    class Meta:
        verbose_name = _("organisational unit")
        verbose_name_plural = _("organisational units")
        permissions = [("run_unit", "Can add, rename and dissolve organisational units")]

    def __str__(self) -> str:
        return self.name_id if self.name_id and get_language() == "id" else self.name
