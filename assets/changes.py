"""What a change of facts leaves behind: the checked row, and before and after for the trail."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.utils.duration import duration_iso_string
from django.utils.translation import gettext as _

from bcp_portal.shared.errors import DomainError


class BadFactsError(DomainError):
    """What was said about the thing cannot be true, or is not complete."""


class ReasonMissingError(DomainError):
    """This change needs a reason, because somebody will ask for it later."""


Change = tuple[dict[str, Any], dict[str, Any]]


def plain(value: object) -> Any:
    """A value as the audit trail keeps it: durations as ISO 8601, rows by their code."""
    if isinstance(value, timedelta):
        return duration_iso_string(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, models.Model):
        return str(getattr(value, "code", "") or value)
    return value


def set_fields(row: models.Model, facts: Mapping[str, Any], allowed: Collection[str]) -> Change:
    """Put facts on a row without saving it; return what differs, before and after."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for name, value in facts.items():
        if name not in allowed:
            raise BadFactsError(_("There is no field “%(name)s” here.") % {"name": name})
        old = getattr(row, name, None)  # a foreign key of a new row is not there yet
        if old != value:
            before[name], after[name] = plain(old), plain(value)
            setattr(row, name, value)
    return before, after


def check_row(row: models.Model, *, only: Collection[str] = ()) -> None:
    """Refuse, with a sentence for each field, what the database would refuse with an error.

    `only` names the fields that came from outside, where the rest is a verb's own doing: each
    condition between fields costs a question to the database.
    """
    ours = [field.name for field in row._meta.fields if field.name not in only] if only else None
    try:
        row.full_clean(exclude=ours)
    except ValidationError as error:
        raise BadFactsError(" ".join(_sentences(row, error))) from error


def need_reason(reason: str) -> str:
    """Give back the reason without blanks around it, or refuse."""
    if not reason.strip():
        raise ReasonMissingError(_("Say why: this change is kept with its reason."))
    return reason.strip()


def _sentences(row: models.Model, error: ValidationError) -> list[str]:
    sentences = []
    for name, messages in error.message_dict.items():
        if name == NON_FIELD_ERRORS:
            sentences += messages
        else:
            field = row._meta.get_field(name)
            label = str(getattr(field, "verbose_name", name))
            sentences += [f"{label[:1].upper()}{label[1:]}: {message}" for message in messages]
    return sentences
