"""What may bring a risk about, as a catalogue."""

from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models import User


class ThreatQuerySet(models.QuerySet["Threat"]):
    """Sets of threats."""

    def in_use(self) -> Self:
        """Threats that may still be named, by name."""
        return self.filter(retired_on=None).order_by("name", "code")

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The only way a door may fetch threats: the catalogue is shared."""
        return self if user.is_authenticated else self.none()


class Threat(models.Model):
    """A broken line, a stolen device, a wrong hand: something that many risks have in common."""

    code = models.CharField(
        _("code"),
        max_length=20,
        unique=True,
        validators=[
            RegexValidator(
                r"^[A-Z0-9][A-Z0-9-]*$", _("Capitals, digits and dashes only; for example FIRE.")
            )
        ],
    )
    name = models.CharField(_("name"), max_length=120)
    name_id = models.CharField(_("name in Indonesian"), max_length=120, blank=True)
    retired_on = models.DateField(_("retired on"), null=True, blank=True)

    objects = ThreatQuerySet.as_manager()

    class Meta:
        verbose_name = _("threat")
        verbose_name_plural = _("threats")

    def __str__(self) -> str:
        return self.name_id if self.name_id and get_language() == "id" else self.name
