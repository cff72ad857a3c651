"""The pictures of the report: who did what when, and times reached against targets."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bcp_portal.reports.charts import Bar, Lane, Point, Span, bars_against_targets, swim_lanes
from incidents.reports.facts import IncidentFacts
from incidents.reports.scores import AssetScore

SITES_DRAWN = 12
ASSETS_DRAWN = 8
BARS_DRAWN = 24


def draw_lanes(facts: IncidentFacts, scores: list[AssetScore]) -> SafeString:
    """Draw the incident, its sites and assets, the plan, the calls and the words that went out."""
    start = facts.incident.started_at
    end = facts.ended_at or facts.at
    lanes = [_incident_lane(facts, end)]
    lanes += _site_lanes(facts)
    lanes += _asset_lanes(scores)
    lanes += [
        Lane(run.version.playbook.code, spans=[
            Span(phase.said("name"), phase.started_at, phase.finished_at or run.finished_at, "info")
            for phase in run.phases.all()
            if phase.started_at is not None and phase.started_at <= end
        ])
        for run in facts.runs
    ]  # fmt: skip
    lanes += [
        Lane(_("Calls"), points=_within(start, end, _call_points(facts))),
        Lane(
            _("Decisions"),
            points=_within(
                start, end, (Point(d.question, d.decided_at, "info") for d in facts.decisions)
            ),
        ),
        Lane(
            _("Told"),
            points=_within(
                start, end, (Point(u.text[:60], u.published_at, "info") for u in facts.updates)
            ),
        ),
    ]
    deadlines = [
        (deadline, score.hit.asset.code)
        for score in scores
        if score.is_direct and (deadline := score.hit.rto_deadline()) is not None
        and start <= deadline <= end
    ]  # fmt: skip
    marks = [Point(f"RTO {code}", deadline, "act") for deadline, code in sorted(deadlines)[:1]]
    return swim_lanes(lanes, start=start, end=end, marks=marks)


def draw_bars(scores: list[AssetScore]) -> SafeString:
    """Draw what each asset took against its RTO; without a target there is no verdict."""
    direct = [score for score in scores if score.is_direct]
    return bars_against_targets([_bar(score) for score in direct[:BARS_DRAWN]])


def bars_left_out(scores: list[AssetScore]) -> int:
    """How many assets did not find room in the picture; all of them are in the table."""
    return max(sum(1 for score in scores if score.is_direct) - BARS_DRAWN, 0)


def _incident_lane(facts: IncidentFacts, end: datetime) -> Lane:
    incident = facts.incident
    detected = min(max(incident.detected_at, incident.started_at), end)
    contained = incident.contained_at
    spans = [
        Span(_("unnoticed"), incident.started_at, detected, "unknown"),
        Span(_("spreading"), detected, contained or facts.ended_at, "act"),
    ]
    if contained is not None:
        spans.append(Span(_("contained"), contained, facts.ended_at, "watch"))
    if incident.eradication_at is not None:
        gone = incident.eradicated_at or facts.ended_at
        spans.append(Span(_("eradication"), incident.eradication_at, gone, "info"))
    return Lane(incident.code, spans=spans)


def _site_lanes(facts: IncidentFacts) -> Iterator[Lane]:
    for link in facts.sites[:SITES_DRAWN]:
        points = [Point(_("contained"), link.contained_at, "watch")] if link.contained_at else []
        span = Span(link.site.name, link.affected_at, link.recovered_at, "act")
        yield Lane(link.site.code, spans=[span], points=points)
    more = len(facts.sites) - SITES_DRAWN
    if more > 0:
        yield Lane(ngettext("and %(n)d more site", "and %(n)d more sites", more) % {"n": more})


def _asset_lanes(scores: list[AssetScore]) -> Iterator[Lane]:
    tones = {"met": "ok", "missed": "act", "urgent": "watch", "running": "info"}
    for score in [score for score in scores if score.is_direct][:ASSETS_DRAWN]:
        hit = score.hit
        tone = tones.get(score.rto_level, "unknown")
        yield Lane(
            hit.asset.code, spans=[Span(hit.asset.name, hit.down_at, hit.recovered_at, tone)]
        )


def _call_points(facts: IncidentFacts) -> Iterator[Point]:
    for firing in facts.firings:
        yield Point(_("called"), firing.fired_at, "act" if firing.is_fallback else "watch")
    for escalation in facts.escalations:
        if escalation.acknowledged_at is not None:
            yield Point(_("answered"), escalation.acknowledged_at, "ok")


def _within(start: datetime, end: datetime, points: Iterator[Point]) -> list[Point]:
    return [point for point in points if start <= point.at <= end]


def _bar(score: AssetScore) -> Bar:
    code, rto = score.hit.asset.code, score.hit.rto
    if score.took is None:
        # What is late already is drawn; what may still come in time must not look as if it had.
        if score.rto_level == "missed":
            return Bar(code, score.down_for, rto, _("so far"))
        return Bar(code, None, rto, _("not back yet"))
    return Bar(code, score.took, rto, "" if rto is not None else _("no RTO, no verdict"))
