"""Verbs of a rule for conflicts: every change keeps what was before, who changed it, and why."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from assets.changes import check_row, need_reason, plain, set_fields
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError
from telemetry.models import ConflictRule, ConflictRuleEdition

FACTS = (
    "entity", "field", "kind", "data_class", "master", "roles", "moves", "limit", "safety",
    "answer_within",
)  # fmt: skip


@verb
def write_rule(
    *, facts: Mapping[str, Any], reason: str, actor: User | None, at: datetime
) -> ConflictRule:
    """Put a rule in force."""
    rule = ConflictRule(changed_at=at)
    _before, after = set_fields(rule, facts, FACTS)
    _save(rule, reason, actor=actor, at=at)
    audit(
        action="conflict_rule.write",
        obj=rule,
        actor=actor,
        at=at,
        reason=reason,
        after=_as_json(after),
    )
    return rule


@verb
def change_rule(
    *, rule: ConflictRule, facts: Mapping[str, Any], reason: str, actor: User, at: datetime
) -> ConflictRule:
    """Change a rule from now on; cases already decided keep the edition they were decided by."""
    rule = _lock(rule)
    why = need_reason(reason)
    before, after = set_fields(rule, facts, FACTS)
    if not after:
        return rule
    rule.number += 1
    _save(rule, why, actor=actor, at=at)
    audit(
        action="conflict_rule.change",
        obj=rule,
        actor=actor,
        at=at,
        reason=why,
        before=_as_json(before),
        after=_as_json(after),
    )
    return rule


@verb
def retire_rule(*, rule: ConflictRule, reason: str, actor: User, at: datetime) -> ConflictRule:
    """Take a rule out of force; its history stays."""
    rule = _lock(rule)
    why = need_reason(reason)
    rule.retired_at, rule.number = at, rule.number + 1
    _save(rule, why, actor=actor, at=at)
    audit(action="conflict_rule.retire", obj=rule, actor=actor, at=at, reason=why)
    return rule


def _lock(rule: ConflictRule) -> ConflictRule:
    locked = ConflictRule.objects.select_for_update().get(pk=rule.pk)
    if locked.retired_at is not None:
        raise DomainError(_("This rule is no longer in force."))
    return locked


def _save(rule: ConflictRule, reason: str, *, actor: User | None, at: datetime) -> None:
    rule.changed_at = at
    check_row(rule)
    rule.save()
    facts = {name: getattr(rule, name) for name in FACTS}
    ConflictRuleEdition.objects.create(
        rule=rule,
        number=rule.number,
        facts=_as_json(facts) | ({"retired": True} if rule.retired_at else {}),
        reason=reason,
        changed_by=actor,
        changed_at=at,
    )


def _as_json(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: str(value) if name in ("limit", "safety") and value is not None else plain(value)
        for name, value in facts.items()
    }
