"""Verbs of an escalation policy and of the duties it leans on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError
from incidents.models import (
    EscalationLevel,
    EscalationPolicy,
    EscalationTarget,
    Rotation,
    Shift,
)
from incidents.selectors.duty import policy_snapshot, who_would_be_called


class PolicyReachesNobodyError(DomainError):
    """A policy that would call nobody is not kept."""


@dataclass(frozen=True)
class LevelPlan:
    """One rung as a form or an importer gives it."""

    delay: timedelta
    users: Sequence[User] = ()
    rotations: Sequence[Rotation] = ()
    roles: Sequence[str] = ()


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
    row = policy or EscalationPolicy(name=name, fallback=fallback)
    before = policy_snapshot(row) if policy else {}
    row.name, row.fallback, row.description = name, fallback, description
    row.repeat_count = repeat_count
    if is_default:
        EscalationPolicy.objects.filter(is_default=True).exclude(pk=row.pk).update(is_default=False)
    row.is_default = is_default
    row.save()
    row.levels.all().delete()
    for position, level in enumerate(levels, start=1):
        _write_level(row, position, level)
    fresh = EscalationPolicy.objects.for_detail().get(pk=row.pk)
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
def assign_shift(
    *,
    rotation: Rotation,
    user: User,
    starts_at: datetime,
    ends_at: datetime,
    actor: User | None,
    at: datetime,
    is_override: bool = False,
) -> Shift:
    """Give a person a turn of a duty, or let them stand in."""
    if ends_at <= starts_at:
        raise DomainError(_("A turn ends after it begins."))
    shift = Shift.objects.create(
        rotation=rotation,
        user=user,
        starts_at=starts_at,
        ends_at=ends_at,
        is_override=is_override,
    )
    audit(
        action="rotation.assign",
        obj=rotation,
        actor=actor,
        at=at,
        after={"user": user.name, "from": starts_at, "to": ends_at, "override": is_override},
    )
    return shift


@verb
def make_rotation(
    *, name: str, actor: User | None, at: datetime, time_zone: str = "Asia/Jakarta"
) -> Rotation:
    """Name a duty that people take in turns."""
    rotation, is_new = Rotation.objects.get_or_create(name=name, defaults={"time_zone": time_zone})
    if is_new:
        audit(action="rotation.make", obj=rotation, actor=actor, at=at)
    return rotation


def _write_level(policy: EscalationPolicy, position: int, level: LevelPlan) -> None:
    row = EscalationLevel.objects.create(policy=policy, position=position, delay=level.delay)
    EscalationTarget.objects.bulk_create(
        [
            *(EscalationTarget(level=row, user=user) for user in level.users),
            *(EscalationTarget(level=row, rotation=rotation) for rotation in level.rotations),
            *(EscalationTarget(level=row, role=role) for role in level.roles),
        ]
    )


def _refuse_dead_end(policy: EscalationPolicy, *, at: datetime) -> None:
    report = who_would_be_called(policy, at=at)
    if any(rung.reaches_somebody for rung in report.rungs):
        return
    raise PolicyReachesNobodyError(" ".join(report.problems) or _("The policy reaches nobody."))
