"""Verbs of an exercise: planned, begun on the code of real incidents, scored, put away."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Max
from django.db.models.functions import Cast, Substr
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from assets.models import Asset, FailoverPath, Site
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.models import Deadline
from bcp_portal.engine.services.deadline import cancel_deadlines, set_deadline
from bcp_portal.shared.errors import DomainError
from incidents.models import (
    EXERCISE_LIFECYCLE,
    Exercise,
    ExerciseKind,
    ExerciseStatus,
    Incident,
    IncidentAsset,
    IncidentKind,
    IncidentStatus,
    NoticeKind,
    Playbook,
    RunMode,
)
from incidents.scoring import score_of
from incidents.selectors.exercise import limits_of, times_of
from incidents.services.incident import (
    close_incident,
    declare_incident,
    recover_incident,
    start_response,
)
from incidents.services.inject import (
    cancel_injects,
    end_telemetry,
    prepare_injects,
    simulate_outage,
)
from incidents.services.notice import write_notice

REMINDER = "incidents.exercise_due"
REMIND_BEFORE = timedelta(days=1)


class ExerciseRefusedError(DomainError):
    """The exercise cannot do this now."""


@verb
def plan_exercise(
    *,
    title: str,
    kind: str,
    owner: User,
    scheduled_for: datetime,
    actor: User | None,
    at: datetime,
    playbook: Playbook | None = None,
    sites: Iterable[Site] = (),
    assets: Iterable[Asset] = (),
    failover_path: FailoverPath | None = None,
    recorded: Incident | None = None,
    **facts: Any,
) -> Exercise:
    """Put a rehearsal on the calendar; its owner is reminded the day before."""
    _check_plan(kind, assets=list(assets), path=failover_path, playbook=playbook)
    exercise = Exercise.objects.create(
        code=_next_code(),
        title=title,
        kind=kind,
        owner=owner,
        scheduled_for=scheduled_for,
        playbook=playbook,
        failover_path=failover_path,
        recorded=recorded,
        planned_at=at,
        planned_by=actor,
        **facts,
    )
    exercise.sites.set(sites)
    exercise.assets.set(assets)
    if scheduled_for > at:
        due_at = max(at, scheduled_for - REMIND_BEFORE)
        set_deadline(kind=REMINDER, subject_id=exercise.pk, due_at=due_at, at=at)
    audit(
        action="exercise.plan",
        obj=exercise,
        actor=actor,
        at=at,
        after={"title": title, "kind": kind, "for": scheduled_for, "owner": owner.name},
    )
    return exercise


@verb
def move_exercise(
    *, exercise: Exercise, scheduled_for: datetime, actor: User, at: datetime
) -> Exercise:
    """Give a planned exercise another day."""
    locked = _locked(exercise)
    if locked.status != ExerciseStatus.PLANNED:
        raise ExerciseRefusedError(_("%(code)s has begun or is over.") % {"code": locked.code})
    before = locked.scheduled_for
    locked.scheduled_for = scheduled_for
    locked.save(update_fields=["scheduled_for"])
    audit(
        action="exercise.move",
        obj=locked,
        actor=actor,
        at=at,
        before={"for": before},
        after={"for": scheduled_for},
    )
    return locked


@verb
def start_exercise(
    *, exercise: Exercise, actor: User, at: datetime, commander: User | None = None
) -> Exercise:
    """Begin: an incident of the mode “exercise” opens, by simulated telemetry or by word.

    Without a commander people are called, as they would be; nothing of it leaves the building.
    """
    locked = _locked(exercise)
    EXERCISE_LIFECYCLE.check(ExerciseStatus(locked.status), ExerciseStatus.RUNNING)
    cancel_deadlines(kind=REMINDER, subject_id=locked.pk, at=at)
    locked.status, locked.started_at = ExerciseStatus.RUNNING, at
    incident = simulate_outage(exercise=locked, at=at) if _is_simulated(locked) else None
    locked.incident = incident or _declare(locked, commander=commander, actor=actor, at=at)
    locked.save(update_fields=["status", "started_at", "incident"])
    prepare_injects(exercise=locked, at=at)
    audit(
        action="exercise.start",
        obj=locked,
        actor=actor,
        at=at,
        after={"incident": locked.incident.code},
    )
    return locked


@verb
def finish_exercise(
    *,
    exercise: Exercise,
    actor: User,
    at: datetime,
    outcome: str = "",
    recovered_in: timedelta | None = None,
    data_lost: timedelta | None = None,
) -> Exercise:
    """End it, score it, and write what really came back into the ledger of proofs.

    `recovered_in` and `data_lost` are what a restore or failover test measured by the watch.
    """
    locked = _locked(exercise)
    EXERCISE_LIFECYCLE.check(ExerciseStatus(locked.status), ExerciseStatus.FINISHED)
    cancel_injects(exercise=locked, at=at)
    end_telemetry(exercise=locked, at=at)
    _measure(locked, recovered_in=recovered_in, data_lost=data_lost)
    incident = _bring_to_an_end(locked, actor=actor, recovered_in=recovered_in, at=at)
    locked.status, locked.ended_at, locked.outcome = ExerciseStatus.FINISHED, at, outcome
    locked.incident = incident
    locked.score = score_of(times_of(locked, incident), limits_of(locked, incident))
    locked.save(update_fields=["status", "ended_at", "outcome", "score"])
    audit(
        action="exercise.finish",
        obj=locked,
        actor=actor,
        at=at,
        after={"score": locked.score, "outcome": outcome},
    )
    return locked


@verb
def cancel_exercise(*, exercise: Exercise, actor: User, at: datetime, reason: str) -> Exercise:
    """Take it off the calendar, or break it off; nothing of it counts as proof."""
    if not reason.strip():
        raise ExerciseRefusedError(_("Say why the exercise does not take place."))
    locked = _locked(exercise)
    EXERCISE_LIFECYCLE.check(ExerciseStatus(locked.status), ExerciseStatus.CANCELLED)
    cancel_deadlines(kind=REMINDER, subject_id=locked.pk, at=at)
    cancel_injects(exercise=locked, at=at)
    end_telemetry(exercise=locked, at=at)
    locked.status, locked.ended_at, locked.outcome = ExerciseStatus.CANCELLED, at, reason
    locked.save(update_fields=["status", "ended_at", "outcome"])
    if locked.incident is not None and locked.incident.is_ongoing:
        _bring_to_an_end(locked, actor=actor, recovered_in=None, at=at)
    audit(action="exercise.cancel", obj=locked, actor=actor, at=at, reason=reason)
    return locked


@verb
def remind_of_exercise(*, deadline: Deadline, at: datetime) -> None:
    """The day before: tell the owner what is coming."""
    exercise = Exercise.objects.select_related("owner").filter(pk=deadline.subject_id).first()
    if exercise is None or exercise.status != ExerciseStatus.PLANNED:
        return
    write_notice(
        person=exercise.owner,
        kind=NoticeKind.INFO,
        message=gettext_noop("%(code)s %(title)s takes place at %(when_at)s."),
        params={
            "code": exercise.code,
            "title": exercise.title,
            "when_at": exercise.scheduled_for.isoformat(),
        },
        path=f"/exercises/{exercise.code}/",
        at=at,
    )


def _check_plan(
    kind: str, *, assets: list[Asset], path: FailoverPath | None, playbook: Playbook | None
) -> None:
    if kind == ExerciseKind.RESTORE and not assets:
        raise ExerciseRefusedError(_("A restore test names what is restored."))
    if kind == ExerciseKind.FAILOVER and path is None:
        raise ExerciseRefusedError(_("A failover test names the path that is switched."))
    if kind in (ExerciseKind.TABLETOP, ExerciseKind.DRILL) and playbook is None:
        raise ExerciseRefusedError(_("Choose the playbook that is rehearsed."))


def _next_code() -> str:
    number = Exercise.objects.annotate(
        number=Cast(Substr("code", 4), models.IntegerField())
    ).aggregate(last=Max("number"))["last"]
    return f"EX-{(number or 0) + 1}"


def _is_simulated(exercise: Exercise) -> bool:
    return exercise.kind == ExerciseKind.DRILL and (
        exercise.recorded_id is not None or exercise.sites.exists()
    )


def _declare(exercise: Exercise, *, commander: User | None, actor: User, at: datetime) -> Incident:
    kinds = exercise.playbook.kinds if exercise.playbook else []
    return declare_incident(
        title=exercise.title,
        summary=exercise.goal,
        kind=kinds[0] if kinds and kinds[0] in IncidentKind.values else IncidentKind.OTHER,
        severity=exercise.severity,
        mode=RunMode.EXERCISE,
        sites=exercise.sites.all(),
        assets=exercise.assets.all(),
        commander=commander,
        suggested_playbook=exercise.playbook,
        actor=actor,
        at=at,
    )


def _measure(exercise: Exercise, *, recovered_in: Any, data_lost: Any) -> None:
    """What the watch said counts for every asset that was hit itself."""
    for hit in IncidentAsset.objects.filter(incident=exercise.incident, gated_by=None):
        if recovered_in is not None:
            hit.recovered_at = hit.down_at + recovered_in
        if data_lost is not None:
            hit.data_lost_from = hit.down_at - data_lost
        hit.save(update_fields=["recovered_at", "data_lost_from"])


def _bring_to_an_end(
    exercise: Exercise, *, actor: User, recovered_in: timedelta | None, at: datetime
) -> Incident:
    """An exercise leaves no open incident behind."""
    incident = Incident.objects.get(exercise=exercise)
    if incident.status == IncidentStatus.DECLARED:
        incident = start_response(incident=incident, actor=actor, at=at)
    if incident.is_ongoing:
        when = at if recovered_in is None else incident.started_at + recovered_in
        incident = recover_incident(incident=incident, actor=actor, at=at, happened_at=when)
    if incident.is_open:
        reason = _("%(code)s is over") % {"code": exercise.code}
        incident = close_incident(incident=incident, actor=actor, at=at, reason=reason)
    return incident


def _locked(exercise: Exercise) -> Exercise:
    return (
        Exercise.objects.select_for_update(of=("self",))
        .select_related("incident", "playbook")
        .get(pk=exercise.pk)
    )
