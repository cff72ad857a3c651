"""Read models of the incident page: one object; each part asks for what it shows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import Count, Q

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
    ReportingClock,
    ReportingState,
    Review,
    SensitiveLift,
    StatusUpdate,
    VerdictChange,
)
from incidents.models.incident import RoleName
from incidents.selectors.clocks import (
    IncidentClock,
    RpoExposure,
    RtoClock,
    exposure_of,
    incident_clock,
)
from incidents.selectors.forecast import Forecast, forecasts
from incidents.selectors.run_blocks import RunBlock, StepLine, run_blocks
from incidents.selectors.run_log import Merge, merge_of
from incidents.selectors.teams import TeamLine, team_lines
from incidents.selectors.timeline import TimelinePage, newest_entries
from telemetry.models import SignalRule
from telemetry.wording import explain_sums

ALERTS_SHOWN = 60


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
    """What the incident page shows; each thing is asked for once, when a part shows it.

    The page and its parts are served by the same address: what a part does not show costs nothing.
    """

    incident: Incident
    at: datetime
    # The oldest entry of the timeline that a reader has on the screen: a refresh keeps it there.
    since: int | None = None

    @cached_property
    def clock(self) -> IncidentClock:
        """The RTO clocks."""
        return incident_clock(self.incident, at=self.at)

    @cached_property
    def forecasts(self) -> list[Forecast]:
        """When each asset can be back, while that is still a question."""
        return forecasts(self.clock.clocks) if self.incident.is_open else []

    @cached_property
    def sites(self) -> list[IncidentSite]:
        """The sites that are hit."""
        links = self.incident.sites.select_related("site__region", "site__state")
        return list(links.order_by("site__code"))

    @cached_property
    def exposure(self) -> RpoExposure:
        """What has not come home yet."""
        return exposure_of([link.site for link in self.sites], at=self.at)

    @property
    def contained(self) -> int:
        """How many sites no longer spread the damage."""
        return sum(1 for link in self.sites if link.contained_at or link.recovered_at)

    @cached_property
    def runs(self) -> list[RunBlock]:
        """The playbooks that are carried out, the latest first."""
        return run_blocks(self.incident, self.sites, at=self.at)

    @cached_property
    def has_run(self) -> bool:
        """Whether any playbook was started."""
        return self.incident.runs.exists()

    @property
    def next_step(self) -> StepLine | None:
        """The one thing to do next."""
        lines = (line for run in self.runs for phase in run.phases for line in phase.steps)
        return next((line for line in lines if line.is_next), None)

    @cached_property
    def playbooks(self) -> list[Playbook]:
        """What can be started."""
        return list(Playbook.objects.usable().filter(retired_at=None).order_by("code"))

    @cached_property
    def timeline(self) -> TimelinePage:
        """The newest entries, or all since the oldest that the reader has seen."""
        return newest_entries(self.incident, since=self.since)

    @cached_property
    def files(self) -> list[EvidenceFile]:
        """What was kept as evidence."""
        files = EvidenceFile.objects.filter(operation__incident=self.incident)
        return list(files.select_related("operation__actor").order_by("-pk"))

    @cached_property
    def roles(self) -> list[RoleLine]:
        """Who does what."""
        return _roles(self.incident)

    @cached_property
    def named(self) -> list[IncidentAccess]:
        """Who was named for a sensitive incident and still sees it."""
        return list(named_people(self.incident)) if self.incident.sensitive_at else []

    @cached_property
    def teams(self) -> list[TeamLine]:
        """Who works with whom."""
        return team_lines(self.incident)

    @cached_property
    def lift(self) -> SensitiveLift | None:
        """Who asks to open a sensitive incident to everybody."""
        if self.incident.sensitive_at is None:
            return None
        return self.incident.lifts.filter(decided_at=None).select_related("asked_by").first()

    @cached_property
    def escalations(self) -> list[Escalation]:
        """The rounds of calls."""
        return list(self.incident.escalations.order_by("-started_at"))

    @cached_property
    def calls(self) -> list[Notice]:
        """Who was called, and how each call went."""
        rows = self.incident.notices.filter(kind="call").select_related("person")
        return list(rows.prefetch_related("deliveries").order_by("-created_at", "-pk")[:60])

    @cached_property
    def decisions(self) -> list[Decision]:
        """What was decided."""
        return list(
            self.incident.decisions.select_related("decided_by", "step").order_by("-decided_at")
        )

    @cached_property
    def updates(self) -> list[StatusUpdate]:
        """What was told, and promised next."""
        return list(self.incident.updates.select_related("published_by").order_by("-published_at"))

    @cached_property
    def reporting(self) -> list[DutyLine]:
        """Who must hear by law or contract."""
        return _duties(self.incident, at=self.at)

    @cached_property
    def alerts(self) -> list[AlertLine]:
        """The gravest alerts."""
        return _alerts(self.incident)

    @cached_property
    def alert_groups(self) -> list[AlertGroup]:
        """Every alert counted with its like, where there are too many to show each."""
        return _alert_groups(self.incident) if len(self.alerts) == ALERTS_SHOWN else []

    @property
    def alert_total(self) -> int:
        """How many alerts the groups count."""
        return sum(group.count for group in self.alert_groups)

    @cached_property
    def verdicts(self) -> list[VerdictChange]:
        """What we believed it was, one after the other."""
        return list(self.incident.verdicts.select_related("actor").order_by("changed_at"))

    @cached_property
    def actions(self) -> list[ActionItem]:
        """What was promised for afterwards."""
        return list(self.incident.action_items.select_related("owner").order_by("due_on"))

    @cached_property
    def review(self) -> Review | None:
        """The review, once somebody opened it."""
        return getattr(self.incident, "review", None)

    @cached_property
    def people(self) -> list[User]:
        """Who can be given something."""
        return list(User.objects.filter(is_active=True).order_by("first_name", "username"))

    @cached_property
    def merge(self) -> Merge:
        """What devices brought, and what of it waits for a person."""
        return merge_of(self.incident)

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
    def next_mtpd(self) -> RtoClock | None:
        """The asset whose outage becomes intolerable first."""
        down = [c for c in self.clock.clocks if c.mtpd_at and c.recovered_at is None]
        return min(down, key=lambda c: c.mtpd_at or self.at, default=None)

    @property
    def next_call_at(self) -> datetime | None:
        """When the next person is called unless somebody answers."""
        if self.incident.acknowledged_at is not None:
            return None
        due = [e.next_due_at for e in self.escalations if e.status == "running" and e.next_due_at]
        return min(due, default=None)


def incident_page(incident: Incident, *, at: datetime, since: int | None = None) -> IncidentPage:
    """The incident page; nothing is asked for yet."""
    return IncidentPage(incident, at, since)


def named_people(incident: Incident) -> Iterable[IncidentAccess]:
    """Who was named for a sensitive incident and still sees it."""
    return incident.named.filter(ended_at=None).select_related("user").order_by("granted_at")


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
