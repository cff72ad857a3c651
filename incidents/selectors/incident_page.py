"""Read models of the incident page: one frozen object, a fixed number of queries."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Prefetch, Q

from bcp_portal.accounts.models import User
from incidents.models import (
    ActionItem,
    Alert,
    Decision,
    Escalation,
    EvidenceFile,
    Incident,
    IncidentAccess,
    IncidentRole,
    IncidentSite,
    Notice,
    Playbook,
    PlaybookRun,
    ReportingClock,
    ReportingState,
    Review,
    RunPhase,
    RunStep,
    StatusUpdate,
    TimelineEntry,
    VerdictChange,
)
from incidents.models.incident import RoleName
from incidents.selectors.clocks import IncidentClock, RpoExposure, incident_clock, rpo_exposure
from incidents.selectors.forecast import Forecast, forecasts
from incidents.selectors.step_deed import StepDeed, step_deed
from telemetry.models import SignalRule
from telemetry.wording import explain_sums

TIMELINE_SHOWN = 120
ALERTS_SHOWN = 60


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


@dataclass(frozen=True)
class RoleLine:
    """A role and whoever holds it; nobody is shown as nobody."""

    role: str
    label: str
    held: IncidentRole | None


@dataclass(frozen=True)
class AlertLine:
    """An alert folded into the incident, with its sums."""

    alert: Alert
    sums: list[str]


@dataclass(frozen=True)
class DutyLine:
    """Somebody who must be told, and how that stands."""

    clock: ReportingClock
    state: ReportingState
    tone: str


@dataclass(frozen=True)
class AlertGroup:
    """Alike alerts of an incident that has too many to show each."""

    label: str
    severity: int
    count: int
    still: int


@dataclass(frozen=True)
class IncidentPage:
    """What the incident page shows."""

    incident: Incident
    at: datetime
    clock: IncidentClock
    forecasts: list[Forecast]
    exposure: RpoExposure
    sites: list[IncidentSite]
    contained: int
    runs: list[RunBlock]
    next_step: StepLine | None
    playbooks: list[Playbook]
    timeline: list[TimelineEntry]
    files: list[EvidenceFile]
    roles: list[RoleLine]
    escalations: list[Escalation]
    calls: list[Notice]
    decisions: list[Decision]
    updates: list[StatusUpdate]
    reporting: list[DutyLine]
    alerts: list[AlertLine]
    alert_groups: list[AlertGroup]
    verdicts: list[VerdictChange]
    actions: list[ActionItem]
    review: Review | None
    people: list[User]

    @property
    def next_promise(self) -> StatusUpdate | None:
        """The word that was promised next and has not gone out, to whomever."""
        waiting = [u for u in self.updates if u.next_promised_at and u.followed_at is None]
        return min(waiting, key=lambda u: u.next_promised_at or self.at, default=None)

    @property
    def coming_misses(self) -> list[Forecast]:
        """Assets whose RTO cannot be kept any more, by what is known of their dependencies."""
        return [one for one in self.forecasts if one.will_miss and not one.clock.is_missed]

    @property
    def next_mtpd(self) -> Forecast | None:
        """The asset whose outage becomes intolerable first."""
        down = [f for f in self.forecasts if f.mtpd_at and f.clock.recovered_at is None]
        return min(down, key=lambda f: f.mtpd_at or self.at, default=None)

    @property
    def next_call_at(self) -> datetime | None:
        """When the next person is called unless somebody answers."""
        due = [e.next_due_at for e in self.escalations if e.status == "running" and e.next_due_at]
        return min(due, default=None)


def incident_page(incident: Incident, *, at: datetime) -> IncidentPage:
    """Gather the incident page."""
    sites = list(
        incident.sites.select_related("site__region", "site__state").order_by("site__code")
    )
    alerts = _alerts(incident)
    clock = incident_clock(incident, at=at)
    runs = [_run_block(run, incident, sites, at=at) for run in _runs(incident)]
    lines = [line for run in runs for phase in run.phases for line in phase.steps if line.is_next]
    return IncidentPage(
        incident=incident,
        at=at,
        clock=clock,
        forecasts=forecasts(clock.clocks) if incident.is_open else [],
        exposure=rpo_exposure(incident, at=at),
        sites=sites,
        contained=sum(1 for link in sites if link.contained_at or link.recovered_at),
        runs=runs,
        next_step=lines[0] if lines else None,
        playbooks=list(Playbook.objects.usable().filter(retired_at=None).order_by("code")),
        timeline=list(
            incident.timeline.select_related("actor").order_by("-happened_at", "-pk")[
                :TIMELINE_SHOWN
            ]
        ),
        files=list(
            EvidenceFile.objects.filter(operation__incident=incident)
            .select_related("operation__actor")
            .order_by("-pk")
        ),
        roles=_roles(incident),
        escalations=list(incident.escalations.order_by("-started_at")),
        calls=list(
            incident.notices.filter(kind="call")
            .select_related("person")
            .prefetch_related("deliveries")
            .order_by("-created_at", "-pk")[:60]
        ),
        decisions=list(incident.decisions.select_related("decided_by").order_by("-decided_at")),
        updates=list(incident.updates.select_related("published_by").order_by("-published_at")),
        reporting=_duties(incident, at=at),
        alerts=alerts,
        alert_groups=_alert_groups(incident) if len(alerts) == ALERTS_SHOWN else [],
        verdicts=list(incident.verdicts.select_related("actor").order_by("changed_at")),
        actions=list(incident.action_items.select_related("owner").order_by("due_on")),
        review=Review.objects.filter(incident=incident).first(),
        people=list(User.objects.filter(is_active=True).order_by("first_name", "username")),
    )


def named_people(incident: Incident) -> Iterable[IncidentAccess]:
    """Who was named for a sensitive incident and still sees it."""
    return incident.named.filter(ended_at=None).select_related("user").order_by("granted_at")


def _runs(incident: Incident) -> Iterable[PlaybookRun]:
    steps = RunStep.objects.select_related("done_by", "first_person").order_by("position")
    phases = RunPhase.objects.order_by("position").prefetch_related(Prefetch("steps", steps))
    return (
        incident.runs.select_related("version__playbook")
        .prefetch_related(Prefetch("phases", phases))
        .order_by("-started_at")
    )


def _run_block(
    run: PlaybookRun, incident: Incident, sites: list[IncidentSite], *, at: datetime
) -> RunBlock:
    is_running = run.finished_at is None
    blocks: list[PhaseBlock] = []
    found_next = False
    pending = {s.key: s for p in run.phases.all() for s in p.steps.all() if not s.is_settled}
    for phase in run.phases.all():
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


def _roles(incident: Incident) -> list[RoleLine]:
    held = {role.role: role for role in incident.roles.filter(ended_at=None).select_related("user")}
    return [RoleLine(name, str(label), held.get(name)) for name, label in RoleName.choices]


def _alerts(incident: Incident) -> list[AlertLine]:
    rows = incident.alerts.select_related("site", "silence").order_by(
        "resolved_at", "severity", "-raised_at"
    )
    return [AlertLine(alert, explain_sums(_plain(alert.sums))) for alert in rows[:ALERTS_SHOWN]]


_TONES = {
    ReportingState.RUNNING: "watch",
    ReportingState.OVERDUE: "act",
    ReportingState.TOLD: "ok",
    ReportingState.TOLD_LATE: "act",
    ReportingState.WAIVED: "info",
}


def _duties(incident: Incident, *, at: datetime) -> list[DutyLine]:
    lines = []
    for clock in incident.reporting_clocks.order_by("due_at"):
        state = clock.state_at(at)
        lines.append(DutyLine(clock, state, _TONES[state]))
    return lines


def _alert_groups(incident: Incident) -> list[AlertGroup]:
    """Every alert of the incident, counted with its like; none is left out."""
    name = "sums__labels__alertname"
    rows = (
        incident.alerts.values("rule", "severity", name)
        .annotate(count=Count("pk"), still=Count("pk", filter=Q(resolved_at=None)))
        .order_by("severity", "-count", "rule", name)
    )
    labels = dict(SignalRule.choices)
    return [
        AlertGroup(
            label=row[name] or str(labels.get(row["rule"], row["rule"])),
            severity=row["severity"],
            count=row["count"],
            still=row["still"],
        )
        for row in rows
    ]


def _plain(sums: Any) -> dict[str, Any]:
    return sums if isinstance(sums, dict) else {}
