"""Fields that an organisation adds to its risks and assets by itself, as data."""

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Self

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from assets.models.catalogue import BilingualName
from bcp_portal.accounts.models import User

# Under this name a custom field stands among the facts of a thing, in files and on the trail.
PREFIX = "custom_"
LONGEST_TEXT = 2_000
NUMBER = re.compile(r"[-+]?[\d., \u00a0]*\d[\d., \u00a0]*")


class CustomAbout(models.TextChoices):
    """What the field says something about."""

    RISK = "risk", _("Risks")
    ASSET = "asset", _("Assets")


class CustomKind(models.TextChoices):
    """What may stand in the field."""

    TEXT = "text", _("Text")
    NUMBER = "number", _("Number")
    DATE = "date", _("Date")
    CHOICE = "choice", _("Choice")
    PERSON = "person", _("Person")


class CustomFieldQuerySet(models.QuerySet["CustomField"]):
    """Sets of custom fields."""

    def in_use(self) -> Self:
        """Fields that still stand in forms and lists, in the order people want."""
        return self.filter(retired_at=None).order_by("position", "key")

    def about(self, what: str) -> Self:
        """Fields of risks, or of assets."""
        return self.filter(about=what)


class CustomField(BilingualName):
    """One question more that this organisation asks about each risk or asset."""

    about = models.CharField(_("about"), max_length=10, choices=CustomAbout.choices)
    key = models.CharField(
        _("key"),
        max_length=40,
        validators=[
            RegexValidator(
                r"^[a-z][a-z0-9_]*$", _("Small letters, digits and low lines; first a letter.")
            )
        ],
    )
    name = models.CharField(_("name"), max_length=80)
    name_id = models.CharField(_("name in Indonesian"), max_length=80, blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=CustomKind.choices)
    choices = models.JSONField(_("choices"), default=list, blank=True)
    help_text = models.CharField(_("help"), max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    # Out of forms and lists; what was said under it stays.
    retired_at = models.DateTimeField(_("retired at"), null=True, blank=True)

    objects = CustomFieldQuerySet.as_manager()

    class Meta:
        verbose_name = _("custom field")
        verbose_name_plural = _("custom fields")
        permissions = [("run_customfield", "Can add and change custom fields")]
        constraints = [
            models.UniqueConstraint(name="custom_field_key_once", fields=["about", "key"]),
            models.CheckConstraint(
                name="custom_field_about_known", condition=Q(about__in=CustomAbout.values)
            ),
            models.CheckConstraint(
                name="custom_field_kind_known", condition=Q(kind__in=CustomKind.values)
            ),
        ]

    @property
    def fact(self) -> str:
        """The name of the field among the facts of a thing."""
        return f"{PREFIX}{self.key}"

    def kept(self, value: Any) -> str | int | float | None:
        """The value as it is kept, or ValueError with a sentence; nothing said is None."""
        if isinstance(value, User):
            value = value.username
        if value is None or str(value).strip() == "":
            return None
        reader = {
            CustomKind.NUMBER: self._number,
            CustomKind.DATE: self._day,
            CustomKind.CHOICE: self._choice,
            CustomKind.PERSON: self._person,
        }.get(CustomKind(self.kind), self._text)
        return reader(value)

    def _text(self, value: Any) -> str:
        text = str(value).strip()
        if len(text) > LONGEST_TEXT:
            raise ValueError(_now("%s: at most 2,000 characters.") % self)
        return text

    def _number(self, value: Any) -> int | float:
        text = str(value).strip()
        try:
            number = Decimal(_plain_number(text)) if NUMBER.fullmatch(text) else Decimal("NaN")
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or abs(number) > Decimal("1e15"):
            raise ValueError(
                _now("%(field)s: “%(text)s” is not a number.") % {"field": self, "text": text}
            )
        return int(number) if number == number.to_integral_value() else float(number)

    def _day(self, value: Any) -> str:
        try:
            day = value if isinstance(value, date) else date.fromisoformat(str(value).strip()[:10])
        except ValueError as error:
            raise ValueError(
                _now("%(field)s: “%(text)s” is not a date. Write 2026-12-31.")
                % {"field": self, "text": value}
            ) from error
        return day.isoformat()[:10]

    def _choice(self, value: Any) -> str:
        asked = str(value).strip().casefold()
        for choice in self.choices:
            if choice.casefold() == asked:
                return str(choice)
        raise ValueError(
            _now("%(field)s: “%(text)s” is none of %(choices)s.")
            % {"field": self, "text": value, "choices": ", ".join(self.choices)}
        )

    def _person(self, value: Any) -> str:
        asked = str(value).strip().casefold()
        people = User.objects.filter(is_active=True)
        for person in people.filter(Q(username__iexact=asked) | Q(email__iexact=asked))[:1]:
            return person.username
        for person in people:
            if person.name.casefold() == asked:
                return person.username
        raise ValueError(
            _now("%(field)s: there is no person “%(text)s”.") % {"field": self, "text": value}
        )


def _plain_number(text: str) -> str:
    """A number as people of either language write it: 1.234,5 and 1,234.5 are the same."""
    text = text.replace(" ", "").replace("\u00a0", "")
    point = max(text.rfind(","), text.rfind("."))
    if point < 0:
        return text
    sign = text[point]
    whole, part = text[:point], text[point + 1 :]
    # One sign with three digits behind it, or the same sign twice, parts thousands.
    if sign in whole or (len(part) == 3 and sign == "," and whole.lstrip("+-") not in ("", "0")):
        return text.replace(sign, "") if not {",", "."} <= set(text) else text
    return f"{whole.replace(',', '').replace('.', '')}.{part}"


class CustomFacts(models.Model):
    """Something that answers custom fields."""

    custom = models.JSONField(_("custom fields"), default=dict, blank=True)

    class Meta:
        abstract = True

    def said(self, name: str) -> Any:
        """What is said under the name of a fact, a custom one or one of ours."""
        if name.startswith(PREFIX):
            return self.custom.get(name.removeprefix(PREFIX))
        return getattr(self, name)
