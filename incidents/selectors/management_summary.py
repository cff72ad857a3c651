"""How it stands, for people who decide and do not operate: one page at any moment."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bcp_portal.shared.durations import format_duration
from incidents.models import Audience, Decision, Incident, StatusUpdate
from incidents.selectors.clocks import IncidentClock, RpoExposure, incident_clock, rpo_exposure
from incidents.selectors.communication import latest_by_audience


@dataclass(frozen=True)
class ToldLine:
    """The last word to one audience, and whether the next is late."""

    audience: str
    update: StatusUpdate | None
    state: str


@dataclass(frozen=True)
class ManagementSummary:
    """The page."""

    incident: Incident
    at: datetime
    sentences: list[str]
    clock: IncidentClock
    exposure: RpoExposure
    sites_hit: int
    sites_back: int
    phase: str
    steps_done: int
    steps_total: int
    next_steps: list[str]
    decisions: list[Decision]
    told: list[ToldLine]

    @property
    def message(self) -> str:
        """The same as a message."""
        return " ".join(self.sentences)

    @property
    def money(self) -> str:
        """The value of what waits, by currency; it is kept in hundredths."""
        return ", ".join(
            f"{currency} {amount // 100:,}" for currency, amount in self.exposure.values.items()
        )


def management_summary(incident: Incident, *, at: datetime) -> ManagementSummary:
    """Gather it; a fixed number of queries."""
    clock = incident_clock(incident, at=at)
    exposure = rpo_exposure(incident, at=at)
    links = list(incident.sites.all())
    back = sum(1 for link in links if link.recovered_at)
    phase, done, total, following = _progress(incident)
    latest = latest_by_audience(incident)
    told = [
        ToldLine(str(label), latest.get(audience), _state(latest.get(audience), incident, at))
        for audience, label in Audience.choices
    ]
    return ManagementSummary(
        incident=incident,
        at=at,
        sentences=_sentences(incident, clock, exposure, len(links), back, phase, at=at),
        clock=clock,
        exposure=exposure,
        sites_hit=len(links),
        sites_back=back,
        phase=phase,
        steps_done=done,
        steps_total=total,
        next_steps=following,
        decisions=list(
            incident.decisions.select_related("decided_by", "step").order_by("-decided_at")[:6]
        ),
        told=told,
    )


def _state(update: StatusUpdate | None, incident: Incident, at: datetime) -> str:
    if update is None:
        return "none"
    update.incident = incident
    return update.promise_state(at)


def _progress(incident: Incident) -> tuple[str, int, int, list[str]]:
    run = (
        incident.runs.filter(finished_at=None)
        .prefetch_related("phases__steps")
        .order_by("-started_at")
        .first()
    )
    if run is None:
        return "", 0, 0, []
    phases = sorted(run.phases.all(), key=lambda phase: phase.position)
    steps = [step for phase in phases for step in phase.steps.all()]
    now = next((p for p in phases if p.started_at and not p.finished_at), None)
    waiting = sorted(now.steps.all(), key=lambda step: step.position) if now else []
    following = [step.said("text") for step in waiting if not step.is_settled][:3]
    done = sum(step.is_settled for step in steps)
    return (now.said("name") if now else "", done, len(steps), following)


def _sentences(
    incident: Incident,
    clock: IncidentClock,
    exposure: RpoExposure,
    hit: int,
    back: int,
    phase: str,
    *,
    at: datetime,
) -> list[str]:
    found = [
        _("%(title)s: %(status)s, severity %(severity)s, for %(lasted)s.")
        % {
            "title": incident.headline,
            "status": str(incident.get_status_display()).lower(),
            "severity": incident.severity,
            "lasted": format_duration(incident.down_for(at)),
        }
    ]
    if hit:
        words = ngettext("%(hit)d site is hit", "%(hit)d sites are hit", hit) % {"hit": hit}
        found.append(_("%(words)s, %(back)d are back.") % {"words": words, "back": back})
    found.append(_clock_sentence(clock, at=at))
    if exposure.pending_records:
        found.append(
            _("%(records)d records wait to be brought home; none is lost as far as is known.")
            % {"records": exposure.pending_records}
        )
    if phase:
        found.append(_("Now at work: %(phase)s.") % {"phase": phase})
    commander = incident.commander.name if incident.commander else _("nobody yet")
    found.append(_("In command: %(name)s.") % {"name": commander})
    return [sentence for sentence in found if sentence]


def _clock_sentence(clock: IncidentClock, *, at: datetime) -> str:
    missed = [one for one in clock.clocks if one.is_missed]
    if missed:
        return _("%(count)d recovery targets are missed, the first of %(name)s.") % {
            "count": len(missed),
            "name": missed[0].asset.name,
        }
    urgent = clock.most_urgent
    if urgent is None or urgent.left is None:
        return _("No recovery target is known.") if clock.unknown_count else ""
    return _("%(name)s must be back within %(left)s.") % {
        "name": urgent.asset.name,
        "left": format_duration(urgent.left),
    }
