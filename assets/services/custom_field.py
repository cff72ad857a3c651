"""Verbs of custom fields, and how a thing takes the facts that they ask for."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from assets.changes import BadFactsError, Change, check_row, need_reason, set_fields
from assets.models import CustomFacts, CustomField, CustomKind
from assets.models.custom_field import PREFIX
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb

FIELD_FACTS = ("name", "name_id", "choices", "help_text", "position")
MOST_FIELDS = 30


@verb
def add_custom_field(*, facts: Mapping[str, Any], actor: User | None, at: datetime) -> CustomField:
    """Ask one question more about each risk or asset."""
    field = CustomField(**facts)
    _check(field)
    if CustomField.objects.in_use().about(field.about).count() >= MOST_FIELDS:
        raise BadFactsError(_("There are 30 custom fields already. Retire one first."))
    field.save()
    audit(action="custom_field.add", obj=field, actor=actor, at=at, after=dict(facts))
    return field


@verb
def edit_custom_field(
    *, field: CustomField, facts: Mapping[str, Any], actor: User, at: datetime
) -> CustomField:
    """Rename a question or change what may be chosen; its key and kind stay, for the answers."""
    field = CustomField.objects.select_for_update().get(pk=field.pk)
    before, after = set_fields(field, facts, FIELD_FACTS)
    if after:
        _check(field)
        field.save(update_fields=list(after))
        audit(action="custom_field.edit", obj=field, actor=actor, at=at, before=before, after=after)
    return field


@verb
def retire_custom_field(
    *, field: CustomField, reason: str, actor: User, at: datetime
) -> CustomField:
    """Ask no more; the answers given stay in the history."""
    field = CustomField.objects.select_for_update().get(pk=field.pk)
    if field.retired_at is None:
        field.retired_at = at
        field.save(update_fields=["retired_at"])
        audit(
            action="custom_field.retire",
            obj=field,
            actor=actor,
            at=at,
            reason=need_reason(reason),
            after={"key": field.key},
        )
    return field


def _check(field: CustomField) -> None:
    check_row(field)
    if (field.kind == CustomKind.CHOICE) != bool(field.choices):
        raise BadFactsError(_("A choice needs what may be chosen; other kinds have no choices."))


def set_facts(row: models.Model, facts: Mapping[str, Any], allowed: Collection[str]) -> Change:
    """Put facts on a row without saving it, the custom ones too; what differs, before and after."""
    ours = {name: value for name, value in facts.items() if not name.startswith(PREFIX)}
    before, after = set_fields(row, ours, allowed)
    theirs = {name: value for name, value in facts.items() if name.startswith(PREFIX)}
    if theirs and isinstance(row, CustomFacts):
        _set_custom(row, theirs, before, after)
    return before, after


def _set_custom(
    row: CustomFacts, said: Mapping[str, Any], before: dict[str, Any], after: dict[str, Any]
) -> None:
    fields = CustomField.objects.in_use().about(row._meta.model_name or "")
    known = {field.fact: field for field in fields}
    custom = dict(row.custom)
    for name, value in said.items():
        field = known.get(name)
        if field is None:
            raise BadFactsError(_("There is no field “%(name)s” here.") % {"name": name})
        try:
            kept = field.kept(value)
        except ValueError as error:
            raise BadFactsError(str(error)) from error
        old = custom.pop(field.key, None)
        if kept is not None:
            custom[field.key] = kept
        if old != kept:
            before[name], after[name] = old, kept
    row.custom = custom


def columns_of(names: Collection[str]) -> list[str]:
    """The columns of the table behind these facts."""
    return list(dict.fromkeys("custom" if name.startswith(PREFIX) else name for name in names))
