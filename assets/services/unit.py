"""Verbs of an organisational unit."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from assets.models import Unit
from assets.services.catalogue import add_entry, edit_entry, retire_entry
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import verb
from bcp_portal.shared.errors import DomainError


class UnitDissolvedError(DomainError):
    """The unit is no more."""


@verb
def add_unit(*, code: str, facts: Mapping[str, Any], actor: User | None, at: datetime) -> Unit:
    """Name one more part of the organisation."""
    return add_entry(entry=Unit(code=code), facts=facts, actor=actor, at=at)


@verb
def edit_unit(*, unit: Unit, facts: Mapping[str, Any], actor: User, at: datetime) -> Unit:
    """Rename a unit."""
    return edit_entry(entry=_lock(unit), facts=facts, actor=actor, at=at)


@verb
def dissolve_unit(*, unit: Unit, reason: str, on: date, actor: User, at: datetime) -> Unit:
    """Offer a unit no more; what names it goes on naming it until somebody moves it."""
    return retire_entry(
        entry=_lock(unit), reason=reason, on=on, actor=actor, at=at, word="dissolve"
    )


def _lock(unit: Unit) -> Unit:
    unit = Unit.objects.select_for_update().get(pk=unit.pk)
    if unit.retired_on is not None:
        raise UnitDissolvedError(_("%(code)s has been dissolved.") % {"code": unit.code})
    return unit
