"""A part of the country whose sites share weather, cables and people."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Region(models.Model):
    """A group of sites that can be cut off together."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=120)

    class Meta:
        verbose_name = _("region")
        verbose_name_plural = _("regions")

    def __str__(self) -> str:
        return self.name
