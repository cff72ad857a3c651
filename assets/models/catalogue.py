"""What every catalogue of the house has: lasting codes, and names in both languages."""

from typing import Self, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models import User

Entry = TypeVar("Entry", bound="CatalogueEntry", covariant=True)


class CatalogueQuerySet(models.QuerySet[Entry]):
    """Sets of the entries of one catalogue."""

    def in_use(self) -> Self:
        """Entries that may still be named, by name."""
        return self.filter(retired_on=None).order_by("name", "code")

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The only way a door may fetch entries: their names are no secret inside the house."""
        return self if user.is_authenticated else self.none()


class BilingualName(models.Model):
    """Something that is called by its name in the language of whoever reads."""

    name: "models.CharField[str, str]"
    name_id: "models.CharField[str, str]"

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name_id if self.name_id and get_language() == "id" else self.name


class CatalogueEntry(BilingualName):
    """One entry; what is retired is offered no more, and what names it goes on naming it."""

    code = models.CharField(
        _("code"),
        max_length=20,
        unique=True,
        validators=[
            RegexValidator(r"^[A-Z0-9][A-Z0-9-]*$", _("Capitals, digits and dashes only."))
        ],
    )
    name = models.CharField(_("name"), max_length=120)
    name_id = models.CharField(_("name in Indonesian"), max_length=120, blank=True)
    retired_on = models.DateField(_("retired on"), null=True, blank=True)

    class Meta:
        abstract = True
