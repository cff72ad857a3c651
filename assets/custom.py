"""Custom fields on a page: the form fields, list columns and filters that they become."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django import forms
from django.db.models.fields.json import KeyTransform
from django.utils import formats

from assets.models import CustomFacts, CustomField, CustomKind
from bcp_portal.accounts.models import User
from bcp_portal.shared import lists

# More texts than this are no choice any more.
MOST_TEXTS = 100


@dataclass(frozen=True)
class CustomLine:
    """One answer as a page shows it."""

    name: str
    value: str


def fields_of(about: str) -> list[CustomField]:
    """The fields in use about risks or assets. One query."""
    return list(CustomField.objects.in_use().about(about))


def headings_of(about: str) -> dict[str, str]:
    """What the columns of a file may be called, in small letters, with the fact they stand for."""
    return {
        name.casefold(): field.fact
        for field in fields_of(about)
        for name in (field.key, field.name, field.name_id)
        if name
    }


def custom_lines(row: CustomFacts, about: str) -> list[CustomLine]:
    """What was said about a thing under the fields in use; two queries at most."""
    fields = fields_of(about)
    names = _names(row.custom.get(field.key) for field in fields if field.kind == CustomKind.PERSON)
    return [
        CustomLine(str(field), names.get(str(value), str(value)))
        for field in fields
        if (value := row.custom.get(field.key)) is not None
    ]


def _names(usernames: Iterable[Any]) -> dict[str, str]:
    wanted = [one for one in usernames if one]
    return {
        one.username: one.name
        for one in (User.objects.filter(username__in=wanted) if wanted else ())
    }


def add_form_fields(form: forms.BaseForm, fields: Iterable[CustomField], row: Any = None) -> None:
    """Ask the custom fields at the end of a form; the answers arrive as facts."""
    for field in fields:
        made = _FORM_FIELDS[CustomKind(field.kind)](field)
        made.label, made.help_text, made.required = str(field), field.help_text, False
        made.initial = row.custom.get(field.key) if row is not None and row.pk else None
        form.fields[field.fact] = made


def _people(_field: CustomField) -> forms.Field:
    people = User.objects.filter(is_active=True).order_by("first_name", "username")
    return forms.ModelChoiceField(queryset=people, to_field_name="username")


_FORM_FIELDS: dict[CustomKind, Callable[[CustomField], forms.Field]] = {
    CustomKind.TEXT: lambda field: forms.CharField(max_length=2000),
    CustomKind.NUMBER: lambda field: forms.FloatField(
        widget=forms.NumberInput(attrs={"step": "any"})
    ),
    CustomKind.DATE: lambda field: forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    ),
    CustomKind.CHOICE: lambda field: forms.ChoiceField(
        choices=[("", "–"), *((one, one) for one in field.choices)]
    ),
    CustomKind.PERSON: _people,
}


def with_custom(spec: lists.ListSpec, about: str, rows: Any) -> lists.ListSpec:
    """The list with a column and a filter for each custom field. One query, two with people."""
    fields = fields_of(about)
    if not fields:
        return spec
    return replace(
        spec,
        columns=(*spec.columns, *map(_column, fields)),
        filters=(*spec.filters, *(_filter(field, rows) for field in fields)),
    )


def _column(field: CustomField) -> lists.Column:
    def value(row: CustomFacts) -> Any:
        said = row.custom.get(field.key)
        if said is not None and field.kind == CustomKind.DATE:
            return date.fromisoformat(str(said))
        return said

    make = {CustomKind.NUMBER: lists.number, CustomKind.DATE: lists.when}.get(
        CustomKind(field.kind), lists.text
    )
    made = make(
        field.fact,
        str(field),
        value=value,
        sort=KeyTransform(field.key, "custom"),
        shown=False,
    )
    return replace(made, html=_number) if field.kind == CustomKind.NUMBER else made


def _number(_row: Any, value: Any, _at: datetime) -> str:
    """As many digits as were said."""
    return "–" if value is None else formats.number_format(value, use_l10n=True)


def _filter(field: CustomField, rows: Any) -> lists.Filter:
    path = f"custom__{field.key}"
    if field.kind in (CustomKind.NUMBER, CustomKind.DATE):
        make = lists.numbers if field.kind == CustomKind.NUMBER else lists.dates
        return make(field.fact, str(field), apply=_between(path))
    return lists.choice(
        field.fact,
        str(field),
        choices=lambda ask: _choices(field, rows),
        apply=lambda rows, asked, ask: rows.filter(**{f"{path}__in": list(asked)}),
    )


def _between(path: str) -> Callable[[Any, Any, Any], Any]:
    def narrow(rows: Any, asked: tuple[Any, Any], _ask: Any) -> Any:
        for bound, lookup in zip(asked, ("gte", "lte"), strict=True):
            if bound is not None:
                said = bound.isoformat() if isinstance(bound, date) else bound
                rows = rows.filter(**{f"{path}__{lookup}": said})
        return rows

    return narrow


def _choices(field: CustomField, rows: Any) -> list[tuple[str, str]]:
    if field.kind == CustomKind.CHOICE:
        return [(one, one) for one in field.choices]
    if field.kind == CustomKind.PERSON:
        return [(one.username, one.name) for one in User.objects.filter(is_active=True)]
    return [(one, one) for one in _texts_in_use(field, rows)]


def _texts_in_use(field: CustomField, rows: Any) -> list[str]:
    """What people wrote so far, as far as these rows go."""
    key = f"custom__{field.key}"
    said = rows.filter(**{f"{key}__isnull": False}).order_by().values_list(key, flat=True)
    return sorted({str(one) for one in said.distinct()[:MOST_TEXTS]})


def custom_values(row: CustomFacts, fields: Iterable[CustomField]) -> list[Any]:
    """The answers in the order of the fields, as a file keeps them."""
    return [row.custom.get(field.key, "") for field in fields]
