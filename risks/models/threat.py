"""What may bring a risk about, as a catalogue."""

from django.utils.translation import gettext_lazy as _

from assets.models import CatalogueEntry, CatalogueQuerySet


class ThreatQuerySet(CatalogueQuerySet["Threat"]):
    """Sets of threats."""


class Threat(CatalogueEntry):
    """A broken line, a stolen device, a wrong hand: something that many risks have in common."""

    objects = ThreatQuerySet.as_manager()

    class Meta:
        verbose_name = _("threat")
        verbose_name_plural = _("threats")
