"""Verbs of a threat."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from assets.services.catalogue import add_entry, edit_entry, retire_entry
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import verb
from bcp_portal.shared.errors import DomainError
from risks.models import Threat


class ThreatRetiredError(DomainError):
    """The threat is named no more."""


@verb
def add_threat(*, code: str, facts: Mapping[str, Any], actor: User | None, at: datetime) -> Threat:
    """Put something that brings risks about into the catalogue."""
    return add_entry(entry=Threat(code=code), facts=facts, actor=actor, at=at)


@verb
def edit_threat(*, threat: Threat, facts: Mapping[str, Any], actor: User, at: datetime) -> Threat:
    """Call a threat otherwise."""
    return edit_entry(entry=_lock(threat), facts=facts, actor=actor, at=at)


@verb
def retire_threat(*, threat: Threat, reason: str, on: date, actor: User, at: datetime) -> Threat:
    """Offer a threat no more; risks that name it go on naming it."""
    return retire_entry(entry=_lock(threat), reason=reason, on=on, actor=actor, at=at)


def _lock(threat: Threat) -> Threat:
    threat = Threat.objects.select_for_update().get(pk=threat.pk)
    if threat.retired_on is not None:
        raise ThreatRetiredError(_("%(code)s has been retired.") % {"code": threat.code})
    return threat
