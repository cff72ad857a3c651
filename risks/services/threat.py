"""Verbs of a threat."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from assets.changes import check_row, need_reason, set_fields
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError
from risks.models import Threat

THREAT_FACTS = ("name", "name_id")


class ThreatRetiredError(DomainError):
    """The threat is named no more."""


@verb
def add_threat(*, code: str, facts: Mapping[str, Any], actor: User | None, at: datetime) -> Threat:
    """Put something that brings risks about into the catalogue."""
    threat = Threat(code=code.strip().upper())
    set_fields(threat, facts, THREAT_FACTS)
    check_row(threat)
    threat.save()
    after = {"code": threat.code} | dict(facts)
    audit(action="threat.add", obj=threat, actor=actor, at=at, after=after)
    return threat


@verb
def edit_threat(*, threat: Threat, facts: Mapping[str, Any], actor: User, at: datetime) -> Threat:
    """Call a threat otherwise; its code stays, because files name it."""
    threat = _lock(threat)
    before, after = set_fields(threat, facts, THREAT_FACTS)
    if after:
        check_row(threat)
        threat.save(update_fields=list(after))
        audit(action="threat.edit", obj=threat, actor=actor, at=at, before=before, after=after)
    return threat


@verb
def retire_threat(*, threat: Threat, reason: str, on: date, actor: User, at: datetime) -> Threat:
    """Offer a threat no more; risks that name it go on naming it."""
    threat = _lock(threat)
    threat.retired_on = on
    threat.save(update_fields=["retired_on"])
    audit(
        action="threat.retire",
        obj=threat,
        actor=actor,
        at=at,
        reason=need_reason(reason),
        after={"retired_on": on.isoformat()},
    )
    return threat


def _lock(threat: Threat) -> Threat:
    threat = Threat.objects.select_for_update().get(pk=threat.pk)
    if threat.retired_on is not None:
        raise ThreatRetiredError(_("%(code)s has been retired.") % {"code": threat.code})
    return threat
