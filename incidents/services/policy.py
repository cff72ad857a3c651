"""Verbs of an escalation policy."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError
from incidents.models import (
    EscalationLevel,
    EscalationPolicy,
    EscalationTarget,
    Phase,
    Rotation,
    VersionStatus,
)
from incidents.selectors.call_lint import policy_problems
from incidents.selectors.duty import DutyReport, policy_snapshot, who_would_be_called


class PolicyReachesNobodyError(DomainError):
    """A policy that would call nobody is not kept."""


class PolicyInUseError(DomainError):
    """The name is taken, or something still needs the policy."""


@dataclass(frozen=True)
class LevelPlan:
    """One rung as a form or an importer gives it."""

    delay: timedelta
    users: Sequence[User] = ()
    rotations: Sequence[Rotation] = ()
    roles: Sequence[str] = ()
    only_for: int | None = None


@verb
def save_policy(
    *,
    name: str,
    fallback: User,
    levels: Sequence[LevelPlan],
    actor: User | None,
    at: datetime,
    policy: EscalationPolicy | None = None,
    description: str = "",
    repeat_count: int = 1,
    is_default: bool = False,
) -> EscalationPolicy:
    """Write a policy anew; what is being carried out keeps the policy it began with.

    Refused when it would reach nobody right now.
    """
    before = policy_snapshot(policy) if policy and policy.pk else {}
    row = policy or EscalationPolicy(name=name, fallback=fallback)
    row.name, row.fallback, row.description = name, fallback, description
    row.repeat_count, row.is_default = repeat_count, is_default
    fresh = _write_policy(row, levels)
    _refuse_dead_end(fresh, at=at)
    audit(
        action="policy.save",
        obj=fresh,
        actor=actor,
        at=at,
        before=before,
        after=policy_snapshot(fresh),
    )
    return fresh


@verb
def try_policy(
    *,
    name: str,
    fallback: User,
    levels: Sequence[LevelPlan],
    at: datetime,
    policy: EscalationPolicy | None = None,
) -> DutyReport:
    """Say who would be called right now if the policy were like this; nothing is kept."""
    with transaction.atomic():
        row = EscalationPolicy(pk=policy.pk if policy else None, name=name, fallback=fallback)
        report = who_would_be_called(_write_policy(row, levels), at=at)
        transaction.set_rollback(True)
    return report


@verb
def retire_policy(
    *, policy: EscalationPolicy, actor: User, at: datetime, reason: str
) -> EscalationPolicy:
    """Take a policy out of use; refused while it is the one for everything, or a plan names it."""
    locked = EscalationPolicy.objects.select_for_update().get(pk=policy.pk)
    if not reason.strip():
        raise DomainError(_("Say why: this change is kept with its reason."))
    if locked.is_default:
        raise PolicyInUseError(
            _("“%s” is used wherever nobody named a policy. Make another one that first.")
            % locked.name
        )
    plans = Phase.objects.filter(policy=locked, version__status=VersionStatus.PUBLISHED)
    if codes := sorted(set(plans.values_list("version__playbook__code", flat=True))):
        raise PolicyInUseError(
            _("“%(name)s” is named by %(plans)s. Publish a version without it first.")
            % {"name": locked.name, "plans": ", ".join(codes)}
        )
    locked.retired_at = at
    locked.save(update_fields=["retired_at"])
    audit(action="policy.retire", obj=locked, actor=actor, at=at, reason=reason.strip())
    return locked


def _write_policy(row: EscalationPolicy, levels: Sequence[LevelPlan]) -> EscalationPolicy:
    others = EscalationPolicy.objects.exclude(pk=row.pk)
    if others.filter(name=row.name).exists():
        raise PolicyInUseError(_("There is a policy “%s” already.") % row.name)
    if row.is_default:
        others.filter(is_default=True).update(is_default=False)
    row.save()
    row.levels.all().delete()
    for position, level in enumerate(levels, start=1):
        _write_level(row, position, level)
    return EscalationPolicy.objects.for_detail().get(pk=row.pk)


def _write_level(policy: EscalationPolicy, position: int, level: LevelPlan) -> None:
    row = EscalationLevel.objects.create(
        policy=policy, position=position, delay=level.delay, only_for=level.only_for
    )
    EscalationTarget.objects.bulk_create(
        [
            *(EscalationTarget(level=row, user=user) for user in level.users),
            *(EscalationTarget(level=row, rotation=rotation) for rotation in level.rotations),
            *(EscalationTarget(level=row, role=role) for role in level.roles),
        ]
    )


def _refuse_dead_end(policy: EscalationPolicy, *, at: datetime) -> None:
    report = who_would_be_called(policy, at=at)
    if not any(rung.reaches_somebody for rung in report.rungs):
        raise PolicyReachesNobodyError(" ".join(report.problems) or _("The policy reaches nobody."))
    # Now is not enough: a gap next Sunday, or a call that comes after the RTO, is found today.
    if problems := policy_problems(policy, at=at):
        raise PolicyReachesNobodyError(" ".join(problems))
