"""Who would be called: a policy, a moment, and the people it reaches."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from bcp_portal.accounts.models import ContactKind, ContactMethod, User
from bcp_portal.shared.durations import format_duration
from incidents.models import EscalationPolicy, Incident, IncidentRole, Rotation
from incidents.selectors.absence import away_at

Snapshot = dict[str, Any]


@dataclass(frozen=True)
class Callee:
    """Somebody who would be called, and whether a call could reach them."""

    user: User
    because: str
    channels: tuple[str, ...]

    @property
    def is_reachable(self) -> bool:
        """Whether any way leads to them."""
        return bool(self.channels)


@dataclass(frozen=True)
class Rung:
    """One level: when it would be called, and who stands on it."""

    position: int
    after: timedelta
    callees: tuple[Callee, ...]
    empty_targets: tuple[str, ...] = ()

    @property
    def reaches_somebody(self) -> bool:
        """Whether at least one person on it can be reached."""
        return any(callee.is_reachable for callee in self.callees)


@dataclass(frozen=True)
class DutyReport:
    """The answer to “who would be called right now?”, with everything that is wrong with it."""

    policy: EscalationPolicy
    at: datetime
    rungs: tuple[Rung, ...]
    fallback: Callee
    takes: timedelta
    problems: tuple[str, ...] = field(default=())

    @property
    def is_sound(self) -> bool:
        """Whether nothing stands against publishing it."""
        return not self.problems


def policy_snapshot(policy: EscalationPolicy) -> Snapshot:
    """Freeze a policy as plain data: what a run keeps when the policy is edited afterwards."""
    return {
        "policy": policy.pk,
        "name": policy.name,
        "repeat_count": policy.repeat_count,
        "fallback": policy.fallback_id,
        "levels": [
            {
                "delay_s": level.delay.total_seconds(),
                "only_for": level.only_for,
                "targets": [
                    {"user": target.user_id}
                    if target.user_id
                    else {"rotation": target.rotation_id}
                    if target.rotation_id
                    else {"role": target.role}
                    for target in level.targets.all()
                ],
            }
            for level in sorted(policy.levels.all(), key=lambda level: level.position)
        ],
    }


def snapshot_for(snapshot: Snapshot, *, severity: int) -> Snapshot:
    """A policy as incidents of a severity see it; where no level is meant for them, all are."""
    levels = [
        level
        for level in snapshot.get("levels", [])
        if not level.get("only_for") or severity <= level["only_for"]
    ]
    return {**snapshot, "levels": levels or snapshot.get("levels", [])}


def default_snapshot() -> Snapshot:
    """The policy that holds when nobody named one; commanders all at once if there is none."""
    policy = EscalationPolicy.objects.for_detail().filter(is_default=True, retired_at=None).first()
    if policy is not None:
        return policy_snapshot(policy)
    commanders = list(people_who_command().values_list("pk", flat=True))
    return {
        "policy": None,
        "name": "",
        "repeat_count": 1,
        "fallback": commanders[0] if commanders else None,
        "levels": [{"delay_s": 600.0, "targets": [{"user": pk} for pk in commanders]}],
    }


def people_who_command() -> QuerySet[User]:
    """Active people who may command an incident, the earliest account first."""
    command = Permission.objects.filter(
        codename="run_incident", content_type__app_label="incidents"
    )
    return (
        User.objects.filter(is_active=True)
        .filter(
            Q(groups__permissions__in=command)
            | Q(user_permissions__in=command)
            | Q(is_superuser=True)
        )
        .distinct()
        .order_by("pk")
    )


def people_on_rung(
    targets: Iterable[dict[str, Any]], *, incident: Incident | None, at: datetime
) -> list[User]:
    """Resolve a rung of a snapshot into people, each once: duties and roles as they are now.

    Who is away by their own calendar is passed over, unless they hold a role in this incident.
    """
    people: dict[int, User] = {}
    away = away_at(at)
    for target in targets:
        for person in _resolve(target, incident=incident, at=at, away=away):
            people.setdefault(person.pk, person)
    return list(people.values())


def _resolve(
    target: dict[str, Any], *, incident: Incident | None, at: datetime, away: frozenset[int]
) -> list[User]:
    if target.get("user"):
        return [] if target["user"] in away else list(User.objects.filter(pk=target["user"]))
    if target.get("rotation"):
        rotation = (
            Rotation.objects.prefetch_related("shifts__user").filter(pk=target["rotation"]).first()
        )
        return rotation.on_call_at(at, away=away) if rotation else []
    if incident is None:
        return []
    held = IncidentRole.objects.filter(
        incident=incident, role=target.get("role", ""), ended_at=None
    )
    return [role.user for role in held.select_related("user")]


def who_would_be_called(
    policy: EscalationPolicy, *, at: datetime, rto: timedelta | None = None
) -> DutyReport:
    """List the people a policy would call at a moment, and what is wrong with it.

    Takes a policy fetched with `for_detail()`. Roles are empty outside an incident; a rung of
    nothing but roles is therefore no fault by itself, but a policy of nothing but roles is.
    """
    channels = channels_of(_people_in(policy, at=at))
    away = away_at(at)
    rungs: list[Rung] = []
    waited = timedelta()
    for level in sorted(policy.levels.all(), key=lambda level: level.position):
        rungs.append(_rung(level, after=waited, at=at, channels=channels, away=away))
        waited += level.delay
    fallback = Callee(policy.fallback, _("fallback"), tuple(channels.get(policy.fallback_id, ())))
    return DutyReport(
        policy=policy,
        at=at,
        rungs=tuple(rungs),
        fallback=fallback,
        takes=waited,
        problems=tuple(_problems(rungs, fallback, waited, rto)),
    )


def _rung(
    level: Any,
    *,
    after: timedelta,
    at: datetime,
    channels: dict[int, list[str]],
    away: frozenset[int],
) -> Rung:
    callees: dict[int, Callee] = {}
    empty: list[str] = []
    for target in level.targets.all():
        if target.user:
            is_away = target.user.pk in away
            found = [] if is_away else [target.user]
            because = _("%s (away)") % target.user.name if is_away else _("by name")
        elif target.rotation:
            found, because = target.rotation.on_call_at(at, away=away), target.rotation.name
        else:
            found, because = [], target.get_role_display()
        if not found:
            empty.append(str(because))
        for user in found:
            callees.setdefault(
                user.pk, Callee(user, str(because), tuple(channels.get(user.pk, ())))
            )
    return Rung(level.position, after, tuple(callees.values()), tuple(empty))


def _people_in(policy: EscalationPolicy, *, at: datetime) -> list[User]:
    people = [policy.fallback]
    for level in policy.levels.all():
        for target in level.targets.all():
            if target.user:
                people.append(target.user)
            elif target.rotation:
                people.extend(target.rotation.on_call_at(at))
    return people


def channels_of(people: Iterable[User]) -> dict[int, list[str]]:
    """The kinds of channel that lead to each person; one query for all of them."""
    by_person: dict[int, list[ContactMethod]] = {}
    people = list(people)
    for method in ContactMethod.objects.filter(user__in=people).order_by("position", "pk"):
        by_person.setdefault(method.user_id, []).append(method)
    found: dict[int, list[str]] = {}
    for person in people:
        methods = by_person.get(person.pk)
        if not person.is_active:
            found[person.pk] = []
        elif methods is None:
            found[person.pk] = [ContactKind.MAIL.value] if person.email else []
        else:
            usable = [m for m in methods if m.is_active and m.address]
            found[person.pk] = [m.kind for m in [m for m in usable if m.verified_at] or usable]
    return found


def _problems(
    rungs: list[Rung], fallback: Callee, takes: timedelta, rto: timedelta | None
) -> Iterable[str]:
    if not rungs:
        yield _("The policy has no level: nobody would be called.")
    elif not any(rung.reaches_somebody for rung in rungs):
        yield _("Nobody on any level can be reached right now.")
    for rung in rungs:
        for callee in rung.callees:
            if not callee.is_reachable:
                yield _("%(name)s on level %(level)s has no way to be reached.") % {
                    "name": callee.user.name,
                    "level": rung.position,
                }
    if not fallback.is_reachable:
        yield _("The fallback %(name)s has no way to be reached.") % {"name": fallback.user.name}
    if rto is not None and takes > rto:
        yield _("Calling every level takes %(takes)s, longer than the RTO of %(rto)s.") % {
            "takes": format_duration(takes),
            "rto": format_duration(rto),
        }
