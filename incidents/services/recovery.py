"""Verbs of the recovery: the clocks stop, run on after a relapse, and are kept as proof."""

from collections.abc import Collection
from datetime import datetime

from assets.models import AchievementSource, Measure
from assets.services.achievement import record_achievement
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import verb
from bcp_portal.engine.services.deadline import cancel_deadlines, set_deadline
from incidents.models import (
    Exercise,
    ExerciseKind,
    ExerciseStatus,
    Incident,
    IncidentAsset,
    IncidentSite,
)

RTO_DEADLINE = "incidents.rto_due"
RTO_WARNING = "incidents.rto_warning"
# Percent of the RTO after which the commander is told.
WARNINGS = (50, 75, 90)


@verb
def set_clocks(*, incident: Incident, at: datetime, assets: Collection[int] | None = None) -> None:
    """Promise to look when the RTOs run out: of every asset that is down, or of these alone."""
    down = incident.assets.filter(recovered_at=None).exclude(rto=None)
    for hit in down if assets is None else down.filter(asset__in=assets):
        due_at = hit.rto_deadline()
        if due_at is not None:
            set_deadline(kind=RTO_DEADLINE, subject_id=hit.pk, due_at=due_at, at=at)
            _set_warnings(hit, at=at)


@verb
def settle_recovery(
    *, incident: Incident, actor: User | None, recovered_at: datetime, at: datetime
) -> None:
    """Everything works again: what was not recovered by itself is recovered now."""
    IncidentSite.objects.filter(incident=incident, recovered_at=None).update(
        recovered_at=recovered_at
    )
    pending = IncidentAsset.objects.filter(incident=incident, recovered_at=None)
    for hit in pending:
        cancel_deadlines(kind=RTO_DEADLINE, subject_id=hit.pk, at=at)
        cancel_deadlines(kind=RTO_WARNING, subject_id=hit.pk, at=at)
    pending.update(recovered_at=recovered_at)


@verb
def resume_clocks(*, incident: Incident, recovered_at: datetime) -> None:
    """It broke again: what was recovered together is down together, and its clocks run on."""
    IncidentSite.objects.filter(incident=incident, recovered_at=recovered_at).update(
        recovered_at=None
    )
    IncidentAsset.objects.filter(incident=incident, recovered_at=recovered_at).update(
        recovered_at=None
    )


@verb
def record_proof(*, incident: Incident, actor: User | None, at: datetime) -> None:
    """Write what the recovery really took beside each target.

    Written when the incident is closed and not before: a relapse would make it a lie. What stood
    still only because something else was down proves nothing about itself.
    """
    source = _source_of(incident)
    if source is None:
        return
    hits = incident.assets.select_related("asset").filter(gated_by=None).exclude(recovered_at=None)
    for hit in hits:
        measured = []
        if hit.recovered_at is not None:
            measured.append((Measure.RTO, hit.recovered_at - hit.down_at, hit.rto))
        if hit.data_lost_from is not None:
            measured.append((Measure.RPO, hit.down_at - hit.data_lost_from, hit.rpo))
        for measure, achieved, target in measured:
            record_achievement(
                asset=hit.asset,
                measure=measure,
                source_kind=source,
                source_code=incident.code,
                achieved=achieved,
                target=target,
                happened_at=hit.down_at,
                actor=actor,
                at=at,
            )


def _source_of(incident: Incident) -> AchievementSource | None:
    """What kind of proof it is; talking at a table, or breaking off, proves nothing."""
    exercise = Exercise.objects.filter(incident=incident).first()
    if exercise is None:
        return AchievementSource.EXERCISE if incident.is_exercise else AchievementSource.INCIDENT
    if exercise.status == ExerciseStatus.CANCELLED or not exercise.proves_recovery:
        return None
    if exercise.kind in (ExerciseKind.RESTORE, ExerciseKind.FAILOVER):
        return AchievementSource.RESTORE_TEST
    return AchievementSource.EXERCISE


def _set_warnings(hit: IncidentAsset, *, at: datetime) -> None:
    # Those that only wait for another asset are warned of by that one.
    if hit.rto is None or hit.gated_by_id is not None:
        return
    for percent in WARNINGS:
        due_at = hit.down_at + hit.rto * percent / 100
        if due_at > at:
            set_deadline(kind=RTO_WARNING, subject_id=hit.pk, step=percent, due_at=due_at, at=at)
