"""What a person chose, turned into the record as it shall be.

A choice is a word for each field: `rule` (what is proposed), `ancestor`, `typed`, or `v:` and the
mark of a side.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from bcp_portal.shared.errors import DomainError
from telemetry.conflicts.judge import FieldVerdict
from telemetry.conflicts.reading import CaseReading
from telemetry.conflicts.rules import is_over_limit

RULE, ANCESTOR, TYPED, SIDE = "rule", "ancestor", "typed", "v:"


class IncompleteDecisionError(DomainError):
    """Something is missing before the record is whole again."""


def whole_side(reading: CaseReading, mark: str) -> dict[str, str]:
    """Choose one side for everything that differs."""
    return {one.name: f"{SIDE}{mark}" for one in reading.judgement.fields if one.differs}


def side_of_source(reading: CaseReading, source: str) -> dict[str, str]:
    """Choose the side of a source; refused when it has none here, or several."""
    marks = [version.mark for version in reading.versions if version.source == source]
    if len(marks) != 1:
        raise IncompleteDecisionError(
            _("“%(source)s” has %(count)d versions in this conflict, not one.")
            % {"source": source, "count": len(marks)}
        )
    return whole_side(reading, marks[0])


def chosen_record(
    reading: CaseReading, choices: Mapping[str, str], typed: Mapping[str, Any]
) -> dict[str, Any]:
    """The record that follows from the choices; what nobody chose follows from merge and rules."""
    if reading.judgement.is_incomplete:
        raise IncompleteDecisionError(_("Only one version is known; there is nothing to choose."))
    names = {one.name for one in reading.judgement.fields}
    if unknown := sorted({*choices, *typed} - names):
        raise IncompleteDecisionError(
            _("This record has no field “%(name)s”.") % {"name": unknown[0]}
        )
    return {
        one.name: _value(reading, one, choices.get(one.name, RULE), typed)
        for one in reading.judgement.fields
    }


def _value(reading: CaseReading, field: FieldVerdict, choice: str, typed: Mapping[str, Any]) -> Any:
    if choice == TYPED and field.name in typed:
        return typed[field.name]
    if choice == ANCESTOR and reading.ancestor is not None:
        return field.ancestor
    if choice.startswith(SIDE):
        for number, version in enumerate(reading.versions):
            if version.mark == choice.removeprefix(SIDE):
                return field.told[number]
    if choice == RULE and field.has_proposal:
        return field.proposal
    raise IncompleteDecisionError(
        _("Nothing is chosen for the field “%(name)s”.") % {"name": field.name}
    )


def needs_second_person(reading: CaseReading, record: Mapping[str, Any]) -> bool:
    """Whether any amount, told or decided, is over the limit of its rule."""
    if reading.judgement.is_over_limit:
        return True
    return any(
        one.rule is not None and is_over_limit(one.rule, [record.get(one.name)])
        for one in reading.judgement.fields
        if one.differs
    )
