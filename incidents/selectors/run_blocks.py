"""The playbooks that are carried out, as the incident page shows them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch

from incidents.models import Incident, IncidentSite, PlaybookRun, RunPhase, RunStep
from incidents.selectors.step_deed import StepDeed, step_deed


@dataclass(frozen=True)
class StepLine:
    """One step of a run, and whether it is the next thing to do."""

    step: RunStep
    text: str
    instructions: str
    is_next: bool
    is_overdue: bool
    can_open: bool
    branch: str = ""
    waits_for: str = ""
    deed: StepDeed | None = None


@dataclass(frozen=True)
class PhaseBlock:
    """One phase of a run: done, now or later."""

    phase: RunPhase
    name: str
    place: str
    steps: list[StepLine]
    done: int
    is_overdue: bool


@dataclass(frozen=True)
class RunBlock:
    """A playbook being carried out."""

    run: PlaybookRun
    title: str
    phases: list[PhaseBlock]
    done: int
    total: int


def run_blocks(incident: Incident, sites: list[IncidentSite], *, at: datetime) -> list[RunBlock]:
    """The runs of an incident, the latest first; two queries."""
    by_run: dict[int, list[RunPhase]] = {}
    for phase in _phases(incident):
        by_run.setdefault(phase.run_id, []).append(phase)
    return [_run_block(phases[0].run, phases, incident, sites, at=at) for phases in by_run.values()]


def _phases(incident: Incident) -> Iterable[RunPhase]:
    steps = RunStep.objects.select_related("done_by", "first_person").order_by("position")
    return (
        RunPhase.objects.filter(run__incident=incident)
        .select_related("run__version__playbook")
        .prefetch_related(Prefetch("steps", steps))
        .order_by("-run__started_at", "-run_id", "position")
    )


def _run_block(
    run: PlaybookRun,
    phases: list[RunPhase],
    incident: Incident,
    sites: list[IncidentSite],
    *,
    at: datetime,
) -> RunBlock:
    is_running = run.finished_at is None
    blocks: list[PhaseBlock] = []
    found_next = False
    pending = {s.key: s for p in phases for s in p.steps.all() if not s.is_settled}
    for phase in phases:
        place = "done" if phase.finished_at else "now" if phase.started_at else "later"
        lines: list[StepLine] = []
        for step in phase.steps.all():
            blocker = pending.get(step.condition.get("step", "") or "-")
            is_open = is_running and place == "now" and not step.is_settled and blocker is None
            is_next = is_open and not found_next
            found_next = found_next or is_next
            lines.append(
                StepLine(
                    step=step,
                    text=step.said("text"),
                    instructions=step.said("instructions"),
                    is_next=is_next,
                    is_overdue=step.is_overdue(at),
                    can_open=is_open,
                    branch=step.said("branch"),
                    waits_for=blocker.said("text") if blocker and not step.is_settled else "",
                    deed=step_deed(step, run, incident, sites) if is_open else None,
                )
            )
        blocks.append(
            PhaseBlock(
                phase=phase,
                name=phase.said("name"),
                place=place,
                steps=lines,
                done=sum(line.step.is_settled for line in lines),
                is_overdue=is_running and phase.is_overdue(at),
            )
        )
    return RunBlock(
        run=run,
        title=run.version.playbook.said("title"),
        phases=blocks,
        done=sum(block.done for block in blocks),
        total=sum(len(block.steps) for block in blocks),
    )
