"""Everything on record about one incident at one moment, in a fixed number of queries."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch

from incidents.models import (
    ActionItem,
    Alert,
    Decision,
    Escalation,
    EscalationFiring,
    Incident,
    IncidentRole,
    IncidentSite,
    Notice,
    NoticeKind,
    PlaybookRun,
    ReportingClock,
    Review,
    ReviewStatus,
    RunPhase,
    RunStep,
    StatusUpdate,
    TimelineEntry,
    VerdictChange,
)
from incidents.reports.trail import Trail, incident_trail
from incidents.selectors.clocks import IncidentClock, RpoExposure, incident_clock, rpo_exposure
from incidents.selectors.run_log import Merge, merge_of


@dataclass(frozen=True)
class IncidentFacts:
    """One incident as it is on record; the report says nothing that is not in here."""

    incident: Incident
    at: datetime
    clock: IncidentClock
    # What the sites have not brought home. Known for the present alone, so only while it lasts.
    exposure: RpoExposure | None
    sites: list[IncidentSite]
    timeline: list[TimelineEntry]
    runs: list[PlaybookRun]
    decisions: list[Decision]
    escalations: list[Escalation]
    firings: list[EscalationFiring]
    calls: list[Notice]
    updates: list[StatusUpdate]
    duties: list[ReportingClock]
    alerts: list[Alert]
    verdicts: list[VerdictChange]
    roles: list[IncidentRole]
    merged: list[Incident]
    actions: list[ActionItem]
    review: Review | None
    merge: Merge
    trail: Trail

    @property
    def version(self) -> int:
        """The number of the newest row of the trail about this incident."""
        return self.trail.rows[-1].seq if self.trail.rows else 0

    @property
    def changed_at(self) -> datetime:
        """When something about it was recorded for the last time."""
        moments = [row.at for row in self.trail.rows]
        moments += [entry.recorded_at for entry in self.timeline]
        return max(moments, default=self.incident.declared_at)

    @property
    def ended_at(self) -> datetime | None:
        """When it was over: recovered, called off or merged; None while it goes on."""
        if self.incident.recovered_at is not None:
            return self.incident.recovered_at
        if self.incident.is_open:
            return None
        return self.incident.closed_at or self.changed_at

    @property
    def is_signed(self) -> bool:
        """Whether somebody has put a name under the review."""
        return self.review is not None and self.review.status == ReviewStatus.SIGNED_OFF

    @property
    def is_settled(self) -> bool:
        """Whether nothing in the report still changes as time passes."""
        is_reviewed = self.is_signed or (self.review is None and not self.incident.is_open)
        open_actions = any(item.finished_at is None for item in self.actions)
        return is_reviewed and not self.incident.is_open and not open_actions


def gather_incident(pk: int, *, at: datetime) -> IncidentFacts:
    """Gather what is on record about an incident; nothing recorded after the moment is in it."""
    incident = Incident.objects.select_related(
        "commander", "acknowledged_by", "merged_into", "suggested_playbook"
    ).get(pk=pk)
    runs = list(_runs(incident))
    decisions = list(
        incident.decisions.select_related("decided_by", "step").order_by("decided_at", "pk")
    )
    escalations = list(incident.escalations.select_related("acknowledged_by").order_by("pk"))
    duties = list(incident.reporting_clocks.filter(started_at__lte=at).order_by("due_at", "pk"))
    updates = list(incident.updates.select_related("published_by").order_by("published_at", "pk"))
    alerts = list(
        incident.alerts.select_related("site", "acknowledged_by").order_by("raised_at", "pk")
    )
    actions = list(incident.action_items.select_related("owner").order_by("due_on", "pk"))
    review = Review.objects.filter(incident=incident).select_related("owner", "signed_off_by")
    reviews = list(review)
    calls = _calls(incident)
    told = [incident, *decisions, *escalations, *calls, *updates, *duties, *alerts, *actions]
    told += [*reviews, *(thing for run in runs for thing in (run, *_steps(run)))]
    return IncidentFacts(
        incident=incident,
        at=at,
        clock=incident_clock(incident, at=at),
        exposure=rpo_exposure(incident, at=at) if incident.is_ongoing else None,
        sites=list(incident.sites.select_related("site__region").order_by("site__code")),
        timeline=list(incident.timeline.filter(recorded_at__lte=at).as_told()),
        runs=runs,
        decisions=decisions,
        escalations=escalations,
        firings=list(
            EscalationFiring.objects.filter(escalation__incident=incident).order_by("due_at", "pk")
        ),
        calls=calls,
        updates=updates,
        duties=duties,
        alerts=alerts,
        verdicts=list(incident.verdicts.select_related("actor").order_by("changed_at", "pk")),
        roles=list(
            incident.roles.select_related("user", "assigned_by").order_by("assigned_at", "pk")
        ),
        merged=list(incident.merged.order_by("number")),
        actions=actions,
        review=reviews[0] if reviews else None,
        merge=merge_of(incident, until=at),
        trail=incident_trail(told, at=at),
    )


def _runs(incident: Incident) -> "list[PlaybookRun]":
    steps = RunStep.objects.select_related("done_by", "first_person").order_by("position")
    phases = RunPhase.objects.order_by("position").prefetch_related(Prefetch("steps", steps))
    return list(
        incident.runs.select_related("version__playbook", "started_by")
        .prefetch_related(Prefetch("phases", phases))
        .order_by("started_at", "pk")
    )


def _steps(run: PlaybookRun) -> list[RunStep]:
    return [step for phase in run.phases.all() for step in phase.steps.all()]


def _calls(incident: Incident) -> list[Notice]:
    return list(
        incident.notices.filter(kind=NoticeKind.CALL)
        .select_related("person", "firing")
        .prefetch_related("deliveries")
        .order_by("created_at", "pk")
    )
