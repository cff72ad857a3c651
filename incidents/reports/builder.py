"""The post-incident report: one incident on paper, in its thirteen parts."""

import functools
from dataclasses import dataclass
from datetime import datetime

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from bcp_portal.reports.paper import build_paper
from bcp_portal.reports.registry import BuiltReport
from bcp_portal.shared.lists.labels import Label
from incidents.reports.board import (
    board_facts,
    cover_facts,
    cover_tone,
    paper_title,
    reach_tiles,
    time_tiles,
)
from incidents.reports.depth import deep_analysis, depth_payload
from incidents.reports.facts import IncidentFacts, gather_incident
from incidents.reports.figures import bars_left_out, draw_bars, draw_lanes
from incidents.reports.ledgers import (
    alerts_table,
    calls_table,
    decision_part,
    missed_calls,
    run_part,
    versions_table,
)
from incidents.reports.left_out import left_out, left_out_payload, left_out_table
from incidents.reports.long_timeline import is_long, key_moments, timeline_text
from incidents.reports.offline_annex import clash_table, offline_table
from incidents.reports.payload import incident_payload
from incidents.reports.scores import (
    AssetScore,
    KeyTimes,
    PromiseScore,
    RunScore,
    asset_scores,
    key_times,
    promise_scores,
    run_scores,
    tally_rto,
)
from incidents.reports.sheets import incident_sheets
from incidents.reports.tables import (
    actions_table,
    communications_table,
    duties_table,
    extent_table,
    roles_table,
    scorecard_table,
    silent_sites,
    timeline_table,
    verdict_table,
    waiting_table,
)
from incidents.reports.wording import (
    board_sentences,
    moment_words,
    preliminary_reasons,
)
from telemetry.models import SignalRule
from telemetry.wording import explain_sums

# A report longer than this gets a page that says where everything is.
LONG_TIMELINE = 60


@dataclass(frozen=True)
class Analysis:
    """One question of the review, and what was answered."""

    question: Label
    answer: str


@dataclass(frozen=True)
class Figures:
    """What follows from the facts by arithmetic, computed once for paper and payload."""

    times: KeyTimes
    scores: list[AssetScore]
    runs: list[RunScore]
    promises: list[PromiseScore]
    preliminary: list[str]


def build_incident_report(*, subject_id: int, language: str, at: datetime) -> BuiltReport:
    """Build the post-incident report as of a moment."""
    facts = gather_incident(subject_id, at=at)
    depth = deep_analysis(facts)
    figures = Figures(
        times=key_times(facts),
        scores=asset_scores(facts),
        runs=run_scores(facts),
        promises=promise_scores(facts),
        preliminary=preliminary_reasons(facts),
    )
    absent = left_out(facts)
    payload = incident_payload(
        facts,
        times=figures.times,
        scores=figures.scores,
        runs=figures.runs,
        promises=figures.promises,
        preliminary=figures.preliminary,
        language=language,
    )
    paper = build_paper(
        "reports/incident/incident.html",
        {
            "facts": facts,
            "left_out": left_out_table(absent),
            "incident": facts.incident,
            "contents": _contents() if len(facts.timeline) > LONG_TIMELINE else [],
            **_first_pages(facts, figures),
            **_what_happened(facts, figures),
            **_what_was_done(facts, figures),
            "depth": depth,
        },
        payload=payload | {"analysis": depth_payload(depth), "left_out": left_out_payload(absent)},
        title=paper_title(facts),
        code=facts.incident.code,
        language=language,
        at=at,
        audit_line=_("Audit trail up to row %(seq)d, %(hash)s")
        % {"seq": facts.trail.head_seq, "hash": facts.trail.head_hash},
        pictures={"incident.css": _style_sheet()},
    )
    return paper._replace(sheets=incident_sheets(payload))


def _first_pages(facts: IncidentFacts, figures: Figures) -> dict[str, object]:
    tally = tally_rto(figures.scores)
    return {
        "preliminary": figures.preliminary,
        "sentences": board_sentences(facts, figures.times, tally),
        "cover": cover_facts(facts, figures.times),
        "tone": cover_tone(facts, tally),
        "tiles": [time_tiles(facts, figures.times), reach_tiles(facts, figures.scores, tally)],
        "board": board_facts(facts),
    }


def _what_happened(facts: IncidentFacts, figures: Figures) -> dict[str, object]:
    scores = figures.scores
    return {
        "scorecard": scorecard_table(scores),
        "bars": draw_bars(scores),
        "bars_left_out": bars_left_out(scores),
        "has_direct": any(score.is_direct for score in scores),
        "waiting": waiting_table(facts),
        "silent_sites": silent_sites(facts),
        "verdict": _verdict(facts),
        "verdicts": verdict_table(facts),
        "extent": extent_table(facts),
        "lanes": draw_lanes(facts, scores),
        "roles": roles_table(facts),
        "period": _period(facts),
        **_timeline(facts),
    }


def _what_was_done(facts: IncidentFacts, figures: Figures) -> dict[str, object]:
    return {
        "runs": [run_part(score) for score in figures.runs],
        "decisions": [decision_part(decision) for decision in facts.decisions],
        "calls": calls_table(facts),
        "missed_calls": missed_calls(facts),
        "communications": communications_table(figures.promises),
        "duties": duties_table(facts),
        "analysis": _analysis(facts),
        "actions": actions_table(facts),
        "alerts": alerts_table(facts),
        "versions": versions_table(facts),
        "offline": offline_table(facts),
        "clashes": clash_table(facts),
    }


@functools.cache
def _style_sheet() -> bytes:
    return render_to_string("reports/incident/incident.css").encode()


def _verdict(facts: IncidentFacts) -> list[str]:
    """What we believe it is, with the sums behind it."""
    incident = facts.incident
    lines = [str(incident.get_kind_display())]
    verdict = incident.verdict if isinstance(incident.verdict, dict) else {}
    if verdict.get("rule") in SignalRule.values:
        lines.append(str(SignalRule(verdict["rule"]).label))
    sums = verdict.get("sums")
    return lines + (explain_sums(sums) if isinstance(sums, dict) else [])


def _timeline(facts: IncidentFacts) -> dict[str, object]:
    """All of it as a table; of a long one the key moments, and all of it as text."""
    entries = facts.timeline
    shown = key_moments(entries) if is_long(entries) else entries
    return {
        "timeline": timeline_table(shown),
        "timeline_text": timeline_text(entries) if is_long(entries) else "",
    }


def _period(facts: IncidentFacts) -> str:
    """From when to when, with year and zone: the columns have room for neither."""
    if not facts.timeline:
        return moment_words(facts.incident.started_at)
    first, last = facts.timeline[0].happened_at, facts.timeline[-1].happened_at
    return _("From %(first)s to %(last)s") % {
        "first": moment_words(first),
        "last": moment_words(last),
    }


def _analysis(facts: IncidentFacts) -> list[Analysis]:
    review = facts.review
    if review is None:
        return []
    return [
        Analysis(_("What went well"), review.went_well),
        Analysis(_("What went badly"), review.went_badly),
        Analysis(_("Where we were lucky"), review.lucky),
        Analysis(_("Root cause"), review.root_cause),
        Analysis(_("What contributed"), review.contributing),
    ]


def _contents() -> list[tuple[str, str]]:
    return [
        ("board", _("For the board")),
        ("scorecard", _("Recovery scorecard")),
        ("extent", _("Extent")),
        ("lanes", _("Swim lanes")),
        ("timeline", _("Timeline")),
        ("conformance", _("How the plan was followed")),
        ("decisions", _("Decisions")),
        ("calls", _("Calls")),
        ("communications", _("Communications")),
        ("analysis", _("Analysis")),
        ("actions", _("Actions")),
        ("annexes", _("Annexes")),
    ]
