"""Verbs that follow the world into a run: facts that changed, and decisions that time took."""

from datetime import datetime

from django.utils.translation import gettext, gettext_noop

from bcp_portal.audit.verbs import verb
from bcp_portal.engine.models import Deadline
from incidents.models import (
    Importance,
    Incident,
    PlaybookRun,
    RunStatus,
    RunStep,
    StepStatus,
    TimelineKind,
)
from incidents.playbooks.facts import why_not_needed
from incidents.selectors.facts import incident_facts
from incidents.services.run_condition import leave_out_by_facts
from incidents.services.run_phase import settle_phase, step_due
from incidents.services.run_step import StepNotOpenError, complete_step, take_up
from incidents.services.timeline import write_entry


@verb
def weigh_conditions(*, incident: Incident, at: datetime) -> None:
    """The incident is worse, smaller or another than was thought: ask every condition again."""
    running = PlaybookRun.objects.select_for_update(of=("self",)).filter(
        incident=incident, status=RunStatus.RUNNING
    )
    for run in running:
        run.incident = incident
        _take_up_what_is_needed(run, at=at)
        for phase in run.phases.filter(started_at__isnull=False, finished_at=None):
            leave_out_by_facts(phase, run, at=at)
            settle_phase(phase=phase, run=run, at=at)


@verb
def step_or_default_due(*, deadline: Deadline, at: datetime) -> None:
    """A step is overdue: the default of a decision holds; otherwise people are told."""
    step = RunStep.objects.for_list().overdue(at).filter(pk=deadline.subject_id).first()
    if step is None or not step.default_option or step.phase.run.status != RunStatus.RUNNING:
        step_due(deadline=deadline, at=at)
        return
    try:
        complete_step(
            step=step,
            actor=None,
            chosen=step.default_option,
            note=gettext("Nobody decided in time; the default of the plan holds."),
            at=at,
        )
    except StepNotOpenError:
        step_due(deadline=deadline, at=at)


def _take_up_what_is_needed(run: PlaybookRun, *, at: datetime) -> None:
    left_out = RunStep.objects.select_related("phase").filter(
        phase__run=run, status=StepStatus.SKIPPED, not_needed__by="facts"
    )
    facts = incident_facts(run.incident, at=at) if left_out else {}
    for step in left_out:
        if why_not_needed(step.condition, facts):
            continue
        take_up(step, run, at=at)
        write_entry(
            incident=run.incident,
            kind=TimelineKind.STEP,
            message=gettext_noop("Needed after all: %(step)s"),
            params={"step": step.spoken("text")},
            actor=None,
            at=at,
            importance=Importance.KEY,
        )
