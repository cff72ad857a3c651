"""The depth of the analysis on paper: causes, the fleet, the sites' own words, other policies."""

from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from bcp_portal.reports.paper import PaperColumn, PaperTable, paper_table
from incidents.models import Incident, RunMode
from incidents.reports.facts import IncidentFacts
from incidents.reports.fleet_figures import draw_states, draw_waiting
from incidents.reports.wording import instant_words, moment_words
from incidents.selectors.branch_reports import branch_reports
from incidents.selectors.causes import CauseLine, cause_lines
from incidents.selectors.counterfactual import Counterfactual, counterfactual
from incidents.selectors.fleet import FleetDuring, fleet_during
from incidents.selectors.similar import Similar, most_alike


@dataclass(frozen=True)
class Depth:
    """What lies beneath the words of the review."""

    causes: list[CauseLine]
    what_if: Counterfactual
    fleet: FleetDuring
    states: SafeString | None
    waiting: SafeString | None
    syncs: PaperTable
    reports: PaperTable
    similar: list[Similar]


def deep_analysis(facts: IncidentFacts) -> Depth:
    """Gather and draw it; paper goes further than its reader, so no sensitive incident is named."""
    incident = facts.incident
    fleet = fleet_during(incident, at=facts.at)
    past = Incident.objects.filter(mode=RunMode.LIVE, sensitive_at=None)
    return Depth(
        causes=cause_lines(facts.review) if facts.review else [],
        what_if=counterfactual(incident),
        fleet=fleet,
        states=None if fleet.is_empty else draw_states(fleet, incident),
        waiting=draw_waiting(fleet, incident) if fleet.waiting else None,
        syncs=_syncs(fleet),
        reports=_reports(incident),
        similar=most_alike(incident, past),
    )


def depth_payload(depth: Depth) -> dict[str, object]:
    """The same for programs."""
    return {
        "causes": [
            {
                "number": line.number,
                "text": line.cause.text,
                "kind": line.cause.kind,
                "evidence": [{"entry": one.entry_id, "note": one.note} for one in line.evidence],
            }
            for line in depth.causes
        ],
        "what_if": [
            {
                "policy": one.policy,
                "was_in_force": one.was_in_force,
                "answered_at": one.replay.answered_at,
                "earlier_s": one.gain.total_seconds() if one.gain is not None else None,
            }
            for one in depth.what_if.what_ifs
        ],
        "similar": [one.incident.code for one in depth.similar],
    }


def _syncs(fleet: FleetDuring) -> PaperTable:
    return paper_table(
        [
            PaperColumn(_("Site"), "w20"),
            PaperColumn(_("Sessions"), "w12", "num"),
            PaperColumn(_("Not complete"), "w15", "num"),
            PaperColumn(_("Did not agree"), "w15", "num"),
            PaperColumn(_("Records out"), "w18", "num"),
            PaperColumn(_("Last complete"), "w20", "nowrap"),
        ],
        [
            (
                line.site.code,
                line.total,
                line.failed,
                line.mismatched,
                line.records_out,
                moment_words(line.last_ok_at) if line.last_ok_at else "–",
            )
            for line in fleet.syncs
        ],
    )


def _reports(incident: Incident) -> PaperTable:
    return paper_table(
        [
            PaperColumn(_("When"), "w15", "nowrap"),
            PaperColumn(_("Who"), "w20"),
            PaperColumn(_("What was reported"), ""),
        ],
        [
            (instant_words(one.happened_at), one.actor.name if one.actor else "–", one.text)
            for one in branch_reports(incident)
        ],
    )
