"""Verbs of an organisational unit."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from assets.changes import check_row, need_reason, set_fields
from assets.models import Unit
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError

UNIT_FACTS = ("name", "name_id")


class UnitDissolvedError(DomainError):
    """The unit is no more."""


@verb
def add_unit(*, code: str, facts: Mapping[str, Any], actor: User | None, at: datetime) -> Unit:
    """Name one more part of the organisation."""
    unit = Unit(code=code.strip().upper())
    set_fields(unit, facts, UNIT_FACTS)
    check_row(unit)
    unit.save()
    audit(action="unit.add", obj=unit, actor=actor, at=at, after={"code": unit.code} | dict(facts))
    return unit


@verb
def edit_unit(*, unit: Unit, facts: Mapping[str, Any], actor: User, at: datetime) -> Unit:
    """Rename a unit; its code stays, because files name it."""
    unit = _lock(unit)
    before, after = set_fields(unit, facts, UNIT_FACTS)
    if after:
        check_row(unit)
        unit.save(update_fields=list(after))
        audit(action="unit.edit", obj=unit, actor=actor, at=at, before=before, after=after)
    return unit


@verb
def dissolve_unit(*, unit: Unit, reason: str, on: date, actor: User, at: datetime) -> Unit:
    """Offer a unit no more; what names it goes on naming it until somebody moves it."""
    unit = _lock(unit)
    unit.retired_on = on
    unit.save(update_fields=["retired_on"])
    audit(
        action="unit.dissolve",
        obj=unit,
        actor=actor,
        at=at,
        reason=need_reason(reason),
        after={"retired_on": on.isoformat()},
    )
    return unit


def _lock(unit: Unit) -> Unit:
    unit = Unit.objects.select_for_update().get(pk=unit.pk)
    if unit.retired_on is not None:
        raise UnitDissolvedError(_("%(code)s has been dissolved.") % {"code": unit.code})
    return unit
