"""The cover and the page for the board: what it was, how long, how far, and what is unknown."""

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bcp_portal.reports.paper import Tile
from bcp_portal.shared.durations import format_duration
from incidents.reports.facts import IncidentFacts
from incidents.reports.scores import AssetScore, KeyTimes, Tally, worst_loss
from incidents.reports.wording import moment_words, name_of, span_or_unknown


def paper_title(facts: IncidentFacts) -> str:
    """The headline; an exercise says so at the head of every page."""
    headline = facts.incident.headline
    if facts.incident.is_exercise:
        return _("EXERCISE – %(title)s") % {"title": headline}
    return headline


def cover_facts(facts: IncidentFacts, times: KeyTimes) -> list[list[tuple[str, str]]]:
    """Two rows of four facts."""
    incident = facts.incident
    commander = incident.commander.name if incident.commander else _("nobody")
    return [
        [
            (_("Incident"), incident.code),
            (_("Severity"), str(incident.get_severity_display())),
            (_("Kind"), str(incident.get_kind_display())),
            (_("State"), str(incident.get_status_display())),
        ],
        [
            (_("Began"), moment_words(incident.started_at)),
            (_("Over"), moment_words(facts.ended_at) if facts.ended_at else _("not yet")),
            (_("Lasted"), span_or_unknown(times.lasted)),
            (_("Commander"), commander),
        ],
    ]


def cover_tone(facts: IncidentFacts, tally: Tally) -> str:
    """The colour of the cover: red while it lasts or where a target was missed."""
    if facts.incident.is_exercise:
        return "watch"
    if facts.incident.is_ongoing or tally.missed:
        return "act"
    return "ok" if tally.tone == "ok" else "info"


def time_tiles(facts: IncidentFacts, times: KeyTimes) -> list[Tile]:
    """When it was noticed, taken, contained and over."""

    def tile(name: str, span: timedelta | None, note: str) -> Tile:
        if span is None:
            return Tile(
                name, _("not yet") if facts.incident.is_ongoing else _("unknown"), note, "unknown"
            )
        return Tile(name, format_duration(span), note, "info")

    return [
        tile(_("Until noticed"), times.to_detect, _("from the beginning")),
        tile(_("Until taken"), times.to_acknowledge, _("from when it was noticed")),
        tile(_("Until contained"), times.to_contain, _("from the beginning")),
        tile(_("Until recovered"), times.to_recover, _("from the beginning")),
    ]


def reach_tiles(facts: IncidentFacts, scores: list[AssetScore], tally: Tally) -> list[Tile]:
    """How far it reached, and what it cost."""
    recovered = sum(1 for link in facts.sites if link.recovered_at)
    return [
        Tile(
            _("Sites hit"),
            len(facts.sites),
            _("%(n)d recovered") % {"n": recovered} if facts.sites else _("no site is on record"),
            "calm" if not facts.sites else "ok" if recovered == len(facts.sites) else "act",
        ),
        _rto_tile(tally),
        _rpo_tile(facts, scores),
        Tile(_("Cost"), _("unknown"), _("no amount is on record"), "unknown"),
    ]


def _rto_tile(tally: Tally) -> Tile:
    judged = tally.met + tally.missed
    value = _("%(met)d of %(all)d met") % {"met": tally.met, "all": judged}
    if not judged:
        value = _("running") if tally.running else _("unknown")
    without = ngettext("%(n)d asset without an RTO", "%(n)d assets without an RTO", tally.unknown)
    notes = [without % {"n": tally.unknown}] if tally.unknown else []
    if tally.running:
        notes.append(_("%(n)d still down") % {"n": tally.running})
    return Tile(_("Recovery targets (RTO)"), value, " · ".join(notes), tally.tone)


def _rpo_tile(facts: IncidentFacts, scores: list[AssetScore]) -> Tile:
    name = _("Data at stake (RPO)")
    if facts.exposure is not None and facts.exposure.streams:
        if all(stream.pending_records is None for stream in facts.exposure.streams):
            return Tile(name, _("unknown"), _("no site has told us what waits"), "unknown")
        breached = facts.exposure.breached_count
        note = _("%(over)d streams over their RPO, %(unknown)d unknown") % {
            "over": breached,
            "unknown": facts.exposure.unknown_count,
        }
        waiting = _("%(n)s records") % {"n": facts.exposure.pending_records}
        return Tile(name, waiting, note, "act" if breached else "unknown")
    lost = worst_loss(scores)
    if lost is None:
        return Tile(name, _("unknown"), _("nobody has recorded how much was lost"), "unknown")
    missed = any(score.rpo_level == "missed" for score in scores)
    unknown = any(score.rpo_level == "unknown" for score in scores if score.is_direct)
    tone = "act" if missed else "unknown" if unknown else "ok"
    return Tile(name, format_duration(lost), _("the longest stretch of data lost"), tone)


def board_facts(facts: IncidentFacts) -> list[tuple[str, str]]:
    """What stands at the foot of the page for the board."""
    incident, review = facts.incident, facts.review
    signed = _("not signed off")
    if review is not None and facts.is_signed:
        signed = f"{name_of(review.signed_off_by)}, {moment_words(review.signed_off_at)}"
    rows = [
        (_("Declared"), moment_words(incident.declared_at)),
        (_("First word to management or users"), moment_words(incident.informed_at)),
        (_("Review"), signed),
        (_("Report"), f"{incident.code}-R{facts.version}"),
    ]
    if facts.merged:
        rows.append((_("Part of it"), ", ".join(other.code for other in facts.merged)))
    return rows
