"""The tables of the report about what was hit, what happened and what was said."""

from collections.abc import Iterable

from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from bcp_portal.reports.paper import PaperColumn, PaperTable, paper_table
from bcp_portal.shared.durations import format_duration
from incidents.models import ActionItemStatus, Importance, TimelineEntry, VerdictChange
from incidents.reports.facts import IncidentFacts
from incidents.reports.scores import AssetScore, PromiseScore
from incidents.reports.wording import (
    instant_words,
    moment_words,
    name_of,
    span_or_unknown,
    verdict_mark,
    written_words,
)
from telemetry.wording import explain_sums


def scorecard_table(scores: Iterable[AssetScore]) -> PaperTable:
    """Target against achieved for each asset; without a target the verdict is unknown."""
    return paper_table(
        [
            PaperColumn(_("Asset"), "w25"),
            PaperColumn(_("RTO"), "w10"),
            PaperColumn(_("Took"), "w12"),
            PaperColumn(_("Verdict"), "w18"),
            PaperColumn(_("RPO"), "w10"),
            PaperColumn(_("Data lost"), "w10"),
            PaperColumn(_("Verdict"), "w15"),
        ],
        [
            (
                _asset_words(score),
                span_or_unknown(score.hit.rto),
                _("not back") if score.took is None else format_duration(score.took),
                verdict_mark(
                    score.rto_level, _("longer than the MTPD") if score.is_past_mtpd else ""
                ),
                span_or_unknown(score.hit.rpo),
                span_or_unknown(score.lost),
                verdict_mark(score.rpo_level),
            )
            for score in scores
        ],
    )


def extent_table(facts: IncidentFacts) -> PaperTable:
    """Each site: hit, contained, recovered, and how long it was without."""
    end = facts.ended_at or facts.at
    return paper_table(
        [
            PaperColumn(_("Site"), "w25"),
            PaperColumn(_("Region"), "w20"),
            PaperColumn(_("Hit"), "w15", "nowrap"),
            PaperColumn(_("Contained"), "w15", "nowrap"),
            PaperColumn(_("Recovered"), "w15", "nowrap"),
            PaperColumn(_("Lasted"), "w10"),
        ],
        [
            (
                format_html("<b>{}</b> {}", link.site.code, link.site.name),
                link.site.region.name if link.site.region else "–",
                instant_words(link.affected_at),
                instant_words(link.contained_at),
                instant_words(link.recovered_at),
                format_duration((link.recovered_at or end) - link.affected_at),
            )
            for link in facts.sites
        ],
    )


def verdict_table(facts: IncidentFacts) -> PaperTable:
    """What was believed about the cause, from when, and why it changed."""
    return paper_table(
        [
            PaperColumn(_("Since"), "w18", "nowrap"),
            PaperColumn(_("Verdict"), "w18"),
            PaperColumn(_("Why"), "w50"),
            PaperColumn(_("Who"), "w12"),
        ],
        [
            (
                instant_words(change.changed_at),
                change.get_kind_display(),
                format_html_join("", "{}<br>", ((line,) for line in _grounds(change))) or "–",
                name_of(change.actor),
            )
            for change in facts.verdicts
        ],
    )


def roles_table(facts: IncidentFacts) -> PaperTable:
    """Who held which role, from when to when."""
    return paper_table(
        [
            PaperColumn(_("Role"), "w25"),
            PaperColumn(_("Held by"), "w35"),
            PaperColumn(_("From"), "w20", "nowrap"),
            PaperColumn(_("Until"), "w20", "nowrap"),
        ],
        [
            (
                role.get_role_display(),
                role.user.name,
                instant_words(role.assigned_at),
                instant_words(role.ended_at) if role.ended_at else _("the end"),
            )
            for role in facts.roles
        ],
    )


def timeline_table(entries: Iterable[TimelineEntry]) -> PaperTable:
    """Everything that happened, in its order; what was written down later says so."""
    return paper_table(
        [
            PaperColumn(_("Time"), "w15", "nowrap"),
            PaperColumn(_("Kind"), "w10"),
            PaperColumn(_("What happened"), "w60"),
            PaperColumn(_("Who"), "w15"),
        ],
        [
            (
                _entry_time(entry),
                entry.get_kind_display(),
                format_html("<b>{}</b>", entry.text)
                if entry.importance == Importance.KEY
                else entry.text,
                name_of(entry.actor),
            )
            for entry in entries
        ],
    )


def communications_table(promises: Iterable[PromiseScore]) -> PaperTable:
    """What was said to whom, when the next word was promised, and when it came."""
    return paper_table(
        [
            PaperColumn(_("Sent"), "w15", "nowrap"),
            PaperColumn(_("To"), "w12"),
            PaperColumn(_("Words"), ""),
            PaperColumn(_("Next promised"), "w18"),
            PaperColumn(_("Promise"), "w15"),
            PaperColumn(_("By"), "w12"),
        ],
        [
            (
                instant_words(score.update.published_at),
                score.update.get_audience_display(),
                score.update.said("text"),
                instant_words(score.update.next_promised_at),
                verdict_mark(score.level, format_duration(score.late_by) if score.late_by else ""),
                name_of(score.update.published_by),
            )
            for score in promises
        ],
    )


def duties_table(facts: IncidentFacts) -> PaperTable:
    """Who had to be told by law or contract, until when, and what became of it."""
    return paper_table(
        [
            PaperColumn(_("Who must be told"), "w15"),
            PaperColumn(_("Duty"), "w15"),
            PaperColumn(_("Aware"), "w15", "nowrap"),
            PaperColumn(_("Until"), "w15", "nowrap"),
            PaperColumn(_("Told"), "w15", "nowrap"),
            PaperColumn(_("Result"), "w10"),
            PaperColumn(_("Reason"), "w15"),
        ],
        [
            (
                clock.recipient,
                clock.name,
                instant_words(clock.aware_at),
                instant_words(clock.due_at),
                instant_words(clock.told_at),
                clock.state_at(facts.at).label,
                clock.waive_reason or clock.reason,
            )
            for clock in facts.duties
        ],
    )


def actions_table(facts: IncidentFacts) -> PaperTable:
    """What was promised, by whom, until when, and what became of it."""
    today = localtime(facts.at).date()
    tones = {
        ActionItemStatus.DONE: "info",
        ActionItemStatus.VERIFIED: "ok",
        ActionItemStatus.DROPPED: "calm",
    }
    return paper_table(
        [
            PaperColumn(_("Action"), "w10"),
            PaperColumn(_("What"), "w30"),
            PaperColumn(_("What for"), "w12"),
            PaperColumn(_("Owner"), "w18"),
            PaperColumn(_("Until"), "w12", "nowrap"),
            PaperColumn(_("State"), "w18"),
        ],
        [
            (
                item.code,
                item.text,
                item.get_kind_display(),
                item.owner.name,
                date_format(item.due_on, "j M Y"),
                verdict_mark("overdue")
                if item.is_overdue(today)
                else format_html(
                    '<span class="mark tone-{}">{}</span> {}',
                    tones.get(ActionItemStatus(item.status), "info"),
                    item.get_status_display(),
                    item.outcome,
                ),
            )
            for item in facts.actions
        ],
    )


def waiting_table(facts: IncidentFacts) -> PaperTable | None:
    """What each stream that told us anything has not brought home; None once it is over."""
    if facts.exposure is None:
        return None
    return paper_table(
        [
            PaperColumn(_("Stream"), "w30"),
            PaperColumn(_("Records waiting"), "w18", "num"),
            PaperColumn(_("Oldest since"), "w20", "nowrap"),
            PaperColumn(_("RPO"), "w12"),
            PaperColumn(_("Exceeded at"), "w20", "nowrap"),
        ],
        [
            (
                f"{stream.site.code} {stream.stream_name}",
                stream.pending_records,
                moment_words(stream.oldest_pending_at),
                span_or_unknown(stream.rpo),
                moment_words(stream.due_at),
            )
            for stream in facts.exposure.streams
            if stream.pending_records is not None
        ],
    )


def silent_sites(facts: IncidentFacts) -> list[str]:
    """The sites of which nobody knows what waits there."""
    if facts.exposure is None:
        return []
    return [s.site.code for s in facts.exposure.streams if s.pending_records is None]


def _grounds(change: VerdictChange) -> list[str]:
    """The reason in words, and the sums behind it."""
    sums = change.verdict.get("sums") if isinstance(change.verdict, dict) else None
    words = [_(change.reason)] if change.reason else []
    return words + (explain_sums(sums) if isinstance(sums, dict) else [])


def _asset_words(score: AssetScore) -> str:
    asset = score.hit.asset
    words = format_html("<b>{}</b> {}", asset.code, asset.name)
    if score.hit.gated_by is None:
        return words
    return format_html(
        '{} <span class="quiet">{}</span>',
        words,
        _("waited for %(code)s") % {"code": score.hit.gated_by.code},
    )


def _entry_time(entry: TimelineEntry) -> str:
    happened = instant_words(entry.happened_at)
    written = written_words(entry.happened_at, entry.recorded_at)
    if not written:
        return happened
    return format_html('{}<br><span class="quiet">{}</span>', happened, written)
