"""Verb that switches and tunes a rule at one place; the audit trail is its history."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from assets.models import Site
from assets.scope import visible_site_ids
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError, NotAllowedError
from telemetry.detection.catalogue import BY_CODE, RuleSpec
from telemetry.models import RuleSetting


class RuleSettingError(DomainError):
    """What was set cannot be."""


@verb
def set_rule(
    *,
    rule: str,
    sector: str = "",
    site: Site | None = None,
    is_on: bool | None = None,
    limits: Mapping[str, float],
    reason: str,
    actor: User,
    at: datetime,
) -> RuleSetting:
    """Say what holds at a place; what is left out is what the wider place says."""
    spec = BY_CODE.get(rule)
    if spec is None:
        raise RuleSettingError(_("There is no such rule."))
    if site is None and visible_site_ids(actor) is not None:
        raise NotAllowedError(_("Only somebody who sees every site may set this for all of them."))
    if spec.is_fleet_wide and (sector or site):
        raise RuleSettingError(_("This rule speaks of many sites at once; set it for everywhere."))
    if not reason.strip():
        raise RuleSettingError(_("Say why, so that it can be understood later."))
    checked = _checked(spec, limits)
    setting, _is_new = RuleSetting.objects.select_for_update().get_or_create(
        rule=rule, sector="" if site else sector, site=site, defaults={"changed_at": at}
    )
    before = _told(setting)
    setting.is_on, setting.limits, setting.changed_at = is_on, checked, at
    setting.save()
    after = _told(setting)
    if before != after:
        audit(
            action="rule.set",
            obj=setting,
            actor=actor,
            at=at,
            reason=reason.strip(),
            before=before,
            after=after,
        )
    return setting


def _checked(spec: RuleSpec, limits: Mapping[str, float]) -> dict[str, float]:
    known = {limit.name: limit for limit in spec.limits}
    for name, value in limits.items():
        limit = known.get(name)
        if limit is None:
            raise RuleSettingError(_("There is no such number."))
        if not limit.low <= value <= limit.high:
            raise RuleSettingError(
                _("%(name)s must be between %(low)g and %(high)g.")
                % {"name": limit.label, "low": limit.low, "high": limit.high}
            )
    return dict(limits)


def _told(setting: RuleSetting) -> dict[str, Any]:
    return {"is_on": setting.is_on, **{f"limit {k}": v for k, v in sorted(setting.limits.items())}}
