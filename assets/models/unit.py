"""A part of the organisation to which risks and assets belong."""

from django.utils.translation import gettext_lazy as _

from assets.models.catalogue import CatalogueEntry, CatalogueQuerySet


class UnitQuerySet(CatalogueQuerySet["Unit"]):
    """Sets of organisational units; a retired one has been dissolved."""


class Unit(CatalogueEntry):
    """A department, branch office or line of business; rows that name none are of unknown unit."""

    objects = UnitQuerySet.as_manager()

    class Meta:
        verbose_name = _("organisational unit")
        verbose_name_plural = _("organisational units")
        permissions = [("run_unit", "Can add, rename and dissolve organisational units")]
