"""What was reached against what was promised: arithmetic over the facts, no database, no clock."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from incidents.models import IncidentAsset, PlaybookRun, RunStep, StatusUpdate, StepStatus
from incidents.reports.facts import IncidentFacts
from incidents.selectors.clocks import RtoClock


@dataclass(frozen=True)
class KeyTimes:
    """The five spans a board asks for. None is unknown or not yet, never zero."""

    lasted: timedelta | None
    to_detect: timedelta | None
    to_acknowledge: timedelta | None
    to_contain: timedelta | None
    to_recover: timedelta | None


@dataclass(frozen=True)
class AssetScore:
    """One asset: its targets, what it really took, and the two verdicts."""

    hit: IncidentAsset
    # Until it worked again; None while it does not.
    took: timedelta | None
    down_for: timedelta
    rto_level: str
    lost: timedelta | None
    rpo_level: str
    is_past_mtpd: bool

    @property
    def is_direct(self) -> bool:
        """Whether it was hit itself, and did not only wait for another."""
        return self.hit.gated_by_id is None


@dataclass(frozen=True)
class Tally:
    """How many assets that were hit themselves met, missed or never had a target."""

    met: int
    missed: int
    running: int
    unknown: int

    @property
    def tone(self) -> str:
        """The worst of it decides; an unknown one is never green."""
        if self.missed:
            return "act"
        if self.running:
            return "info"
        return "unknown" if self.unknown or not self.met else "ok"


@dataclass(frozen=True)
class StepScore:
    """One step: done in time, late, skipped, or not done."""

    step: RunStep
    phase_name: str
    level: str
    late_by: timedelta | None


@dataclass(frozen=True)
class RunScore:
    """One playbook as it was followed."""

    run: PlaybookRun
    steps: list[StepScore]

    def count(self, *levels: str) -> int:
        """How many steps ended in one of these levels."""
        return sum(1 for step in self.steps if step.level in levels)


@dataclass(frozen=True)
class PromiseScore:
    """One status update, and whether the next one came when it was promised."""

    update: StatusUpdate
    level: str
    late_by: timedelta | None


def key_times(facts: IncidentFacts) -> KeyTimes:
    """How long each stretch of the incident took."""
    incident = facts.incident
    start = incident.started_at
    return KeyTimes(
        lasted=(facts.ended_at or facts.at) - start,
        to_detect=_between(start, incident.detected_at),
        to_acknowledge=_between(incident.detected_at, incident.acknowledged_at),
        to_contain=_between(start, incident.contained_at),
        to_recover=_between(start, incident.recovered_at),
    )


def asset_scores(facts: IncidentFacts) -> list[AssetScore]:
    """Every asset that was hit, the missed ones first, those hit themselves before the others."""
    order = ("missed", "urgent", "running", "unknown", "met")
    scores = [_asset_score(clock, facts) for clock in facts.clock.clocks]
    return sorted(
        scores,
        key=lambda s: (not s.is_direct, order.index(s.rto_level), s.hit.asset.code),
    )


def tally_rto(scores: Iterable[AssetScore]) -> Tally:
    """Count the verdicts on the RTO of what was hit itself."""
    levels = [score.rto_level for score in scores if score.is_direct]
    return Tally(
        met=levels.count("met"),
        missed=levels.count("missed"),
        running=levels.count("running") + levels.count("urgent"),
        unknown=levels.count("unknown"),
    )


def worst_loss(scores: Iterable[AssetScore]) -> timedelta | None:
    """The most data that was lost, measured in time; None when nobody has said."""
    return max((score.lost for score in scores if score.lost is not None), default=None)


def run_scores(facts: IncidentFacts) -> list[RunScore]:
    """How each playbook was followed."""
    return [RunScore(run, list(_step_scores(run, facts.at))) for run in facts.runs]


def promise_scores(facts: IncidentFacts) -> list[PromiseScore]:
    """Which promises of a next update were kept; those after the end need not be."""
    return [_promise_score(update, facts) for update in facts.updates]


def _between(start: datetime, end: datetime | None) -> timedelta | None:
    return None if end is None else max(end - start, timedelta())


def _asset_score(clock: RtoClock, facts: IncidentFacts) -> AssetScore:
    hit = clock.hit
    end = hit.recovered_at or facts.ended_at or facts.at
    lost = None
    if hit.data_lost_from is not None:
        lost = max(hit.down_at - hit.data_lost_from, timedelta())
    rpo_level = "unknown"
    if lost is not None and hit.rpo is not None:
        rpo_level = "met" if lost <= hit.rpo else "missed"
    return AssetScore(
        hit=hit,
        took=None if hit.recovered_at is None else hit.recovered_at - hit.down_at,
        down_for=end - hit.down_at,
        rto_level=clock.level,
        lost=lost,
        rpo_level=rpo_level,
        is_past_mtpd=hit.mtpd is not None and end - hit.down_at > hit.mtpd,
    )


def _step_scores(run: PlaybookRun, at: datetime) -> Iterator[StepScore]:
    end = run.finished_at or at
    for phase in run.phases.all():
        for step in phase.steps.all():
            late = None
            if step.due_at is not None and (step.done_at or end) > step.due_at:
                late = (step.done_at or end) - step.due_at
            yield StepScore(step, phase.said("name"), _step_level(step, late), late)


def _step_level(step: RunStep, late: timedelta | None) -> str:
    if step.status == StepStatus.SKIPPED:
        return "skipped"
    if step.status == StepStatus.DONE:
        if step.due_at is None:
            return "done"
        return "late" if late else "on_time"
    return "overdue" if late else "not_done"


def _promise_score(update: StatusUpdate, facts: IncidentFacts) -> PromiseScore:
    promised = update.next_promised_at
    if promised is None:
        return PromiseScore(update, "none", None)
    if update.followed_at is not None:
        late = update.followed_at - promised
        is_late = late > timedelta()
        return PromiseScore(update, "late" if is_late else "kept", late if is_late else None)
    if facts.ended_at is not None and facts.ended_at <= promised:
        return PromiseScore(update, "over", None)
    if facts.at <= promised:
        return PromiseScore(update, "waiting", None)
    return PromiseScore(update, "broken", facts.at - promised)
