"""Read models of one exercise: its limits, what it took, its page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min

from bcp_portal.accounts.models import User
from incidents.models import (
    ActionItem,
    Decision,
    Exercise,
    ExerciseKind,
    ExerciseStatus,
    Incident,
    Inject,
)
from incidents.scoring import MEASURES, ScoreLine, Span, score_lines

# What holds where the plan of the exercise says nothing else.
DETECT, DECIDE, COMMUNICATE = timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=30)
TALKED = (ExerciseKind.TABLETOP, ExerciseKind.DRILL)


@dataclass(frozen=True)
class MeasureLine:
    """One measure of the score beside the last exercise of the same plan."""

    label: str
    line: ScoreLine
    last: ScoreLine | None
    better_by: int | None


@dataclass(frozen=True)
class ExercisePage:
    """What the page of an exercise shows."""

    exercise: Exercise
    injects: list[Inject]
    measures: list[MeasureLine]
    last: Exercise | None
    findings: list[ActionItem]
    people: list[User]
    is_overdue: bool
    limits: Mapping[str, Span]


def limits_of(exercise: Exercise, incident: Incident | None) -> dict[str, Span]:
    """What each measure may take; recovery by the tightest RTO, containment by half of it.

    A restore or failover test is measured by its recovery alone.
    """
    recover = exercise.recover_within or _tightest_rto(exercise, incident)
    if exercise.kind not in TALKED:
        return {"recover": recover}
    is_drill = exercise.kind == ExerciseKind.DRILL
    return {
        "detect": exercise.detect_within or (DETECT if is_drill else None),
        "decide": exercise.decide_within or DECIDE,
        "contain": exercise.contain_within or (recover / 2 if recover else None),
        "recover": recover,
        "communicate": exercise.communicate_within or COMMUNICATE,
    }


def times_of(exercise: Exercise, incident: Incident) -> dict[str, Span]:
    """What each measure took, from the beginning of the outage; None is never."""
    began = incident.started_at
    decided = Decision.objects.filter(incident=incident).aggregate(at=Min("decided_at"))["at"]

    def span(moment: datetime | None) -> Span:
        return None if moment is None else max(moment - began, timedelta(0))

    return {
        "detect": span(incident.acknowledged_at),
        "decide": span(decided),
        "contain": span(incident.contained_at),
        "recover": span(incident.recovered_at),
        "communicate": span(incident.informed_at),
    }


def exercise_page(exercise: Exercise, *, at: datetime) -> ExercisePage:
    """Gather one exercise with its score beside the last one of the same plan and kind."""
    last = _last_before(exercise)
    before = {line.name: line for line in score_lines(last.score)} if last else {}
    return ExercisePage(
        exercise=exercise,
        injects=list(exercise.injects.order_by("after", "pk")),
        measures=[
            MeasureLine(str(MEASURES[line.name]), line, before.get(line.name), _gain(line, before))
            for line in score_lines(exercise.score)
            if line.limit is not None or line.took is not None
        ],
        last=last,
        findings=list(
            ActionItem.objects.filter(incident=exercise.incident)
            .select_related("owner")
            .order_by("due_on")
        )
        if exercise.incident_id
        else [],
        people=list(User.objects.filter(is_active=True).order_by("first_name", "username")),
        is_overdue=exercise.is_overdue(at),
        limits={
            str(MEASURES[name]): limit
            for name, limit in limits_of(exercise, exercise.incident).items()
        },
    )


def _last_before(exercise: Exercise) -> Exercise | None:
    finished = Exercise.objects.filter(
        status=ExerciseStatus.FINISHED, kind=exercise.kind, playbook=exercise.playbook
    ).exclude(pk=exercise.pk)
    if exercise.ended_at is not None:
        finished = finished.filter(ended_at__lt=exercise.ended_at)
    return finished.order_by("-ended_at").first()


def _gain(line: ScoreLine, before: Mapping[str, ScoreLine]) -> int | None:
    last = before.get(line.name)
    if last is None or last.points is None or line.points is None:
        return None
    return line.points - last.points


def _tightest_rto(exercise: Exercise, incident: Incident | None) -> Span:
    if incident is not None:
        hit = incident.assets.filter(gated_by=None).aggregate(least=Min("rto"))["least"]
    else:
        hit = exercise.assets.aggregate(least=Min("recovery_target__rto"))["least"]
    promised = exercise.playbook.rto if exercise.playbook else None
    return min((span for span in (hit, promised) if span is not None), default=None)
