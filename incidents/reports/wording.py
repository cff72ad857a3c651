"""The words of the report: moments, verdicts, and five sentences for the board."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bcp_portal.accounts.models import User
from bcp_portal.shared.durations import format_duration
from incidents.models import IncidentStatus, Review
from incidents.reports.facts import IncidentFacts
from incidents.reports.scores import KeyTimes, Tally

# Word and tone of each verdict; the paper adds a shape, so that it reads without colour.
VERDICTS = {
    "met": (gettext_lazy("met"), "ok"),
    "missed": (gettext_lazy("missed"), "act"),
    "urgent": (gettext_lazy("nearly missed"), "watch"),
    "running": (gettext_lazy("still running"), "info"),
    "unknown": (gettext_lazy("unknown"), "unknown"),
    "on_time": (gettext_lazy("on time"), "ok"),
    "done": (gettext_lazy("done"), "ok"),
    "late": (gettext_lazy("late"), "watch"),
    "skipped": (gettext_lazy("skipped"), "watch"),
    "overdue": (gettext_lazy("overdue"), "act"),
    "not_done": (gettext_lazy("not done"), "calm"),
    "kept": (gettext_lazy("kept"), "ok"),
    "broken": (gettext_lazy("not kept"), "act"),
    "over": (gettext_lazy("over before it was due"), "calm"),
    "waiting": (gettext_lazy("not due yet"), "info"),
    "none": (gettext_lazy("nothing promised"), "calm"),
}


def verdict_mark(level: str, note: str = "") -> SafeString:
    """A verdict as word, colour and shape."""
    word, tone = VERDICTS[level]
    mark = format_html('<span class="mark tone-{}">{}</span>', tone, word)
    return format_html('{} <span class="quiet">{}</span>', mark, note) if note else mark


def moment_words(moment: datetime | None) -> str:
    """A moment with its zone; what has not happened is a dash."""
    return date_format(localtime(moment), "j M Y H:i T") if moment else "–"


def instant_words(moment: datetime | None) -> str:
    """A moment to the second, short enough for a column."""
    return date_format(localtime(moment), "j M H:i:s") if moment else "–"


def written_words(happened: datetime, recorded: datetime) -> str:
    """When something was written down, if that was not at once; the day only if it is another."""
    if instant_words(happened) == instant_words(recorded):
        return ""
    then, later = localtime(happened), localtime(recorded)
    time = f"{later:%H:%M:%S}" if then.date() == later.date() else instant_words(recorded)
    return _("written %(time)s") % {"time": time}


def name_of(person: User | None) -> str:
    """A person, or the portal when nobody pressed a button."""
    return person.name if person else _("the portal")


def span_or_unknown(span: timedelta | None) -> str:
    """A span in words; what nobody knows is said to be unknown."""
    return _("unknown") if span is None else format_duration(span)


def preliminary_reasons(facts: IncidentFacts) -> list[str]:
    """Why this report is not the last word; empty when it is."""
    reasons = []
    if facts.incident.is_ongoing:
        reasons.append(_("The incident is not over."))
    elif facts.incident.is_open:
        reasons.append(_("The incident is not closed."))
    if not facts.is_settled and not facts.is_signed:
        reasons.append(
            _("The review has not been signed off.")
            if facts.review
            else _("There is no review yet.")
        )
    return reasons


def board_sentences(facts: IncidentFacts, times: KeyTimes, tally: Tally) -> list[str]:
    """What happened, in five sentences made of facts."""
    return [
        _began(facts),
        _noticed(facts, times),
        _ended(facts, times),
        _targets(tally),
        _lesson(facts),
    ]


def _began(facts: IncidentFacts) -> str:
    incident = facts.incident
    return _(
        "“%(title)s” began on %(began)s: %(kind)s, severity %(severity)s; it hit %(extent)s."
    ) % {
        "title": incident.headline,
        "began": moment_words(incident.started_at),
        "kind": incident.get_kind_display(),
        "severity": incident.get_severity_display(),
        "extent": ", ".join(_extent(facts)) or _("nothing that is on record"),
    }


def _extent(facts: IncidentFacts) -> Iterator[str]:
    if sites := len(facts.sites):
        yield ngettext("%(n)d site", "%(n)d sites", sites) % {"n": sites}
    direct = sum(1 for clock in facts.clock.clocks if clock.hit.gated_by_id is None)
    if direct:
        yield ngettext("%(n)d asset", "%(n)d assets", direct) % {"n": direct}
    if gated := len(facts.clock.clocks) - direct:
        yield ngettext(
            "%(n)d asset that depends on them", "%(n)d assets that depend on them", gated
        ) % {"n": gated}


def _noticed(facts: IncidentFacts, times: KeyTimes) -> str:
    incident = facts.incident
    found = _("It was noticed after %(span)s") % {"span": span_or_unknown(times.to_detect)}
    if incident.acknowledged_at is None:
        return _("%(found)s; nobody has taken it.") % {"found": found}
    person = incident.acknowledged_by or incident.commander
    return _("%(found)s and %(name)s took it %(span)s later.") % {
        "found": found,
        "name": name_of(person),
        "span": span_or_unknown(times.to_acknowledge),
    }


def _ended(facts: IncidentFacts, times: KeyTimes) -> str:
    incident = facts.incident
    words = {
        "contained": span_or_unknown(times.to_contain),
        "lasted": span_or_unknown(times.lasted),
    }
    if incident.status == IncidentStatus.FALSE_ALARM:
        return _("It was called off as a false alarm after %(lasted)s.") % words
    if incident.merged_into is not None:
        return _("It turned out to be part of %(code)s.") % {"code": incident.merged_into.code}
    if incident.recovered_at is None:
        if incident.contained_at is None:
            return _("It is neither contained nor over; it has lasted %(lasted)s so far.") % words
        return _("It was contained after %(contained)s and has lasted %(lasted)s so far.") % words
    if incident.contained_at is None:
        return _("Everything worked again after %(lasted)s.") % words
    return (
        _("It was contained after %(contained)s; everything worked again after %(lasted)s.") % words
    )


def _targets(tally: Tally) -> str:
    parts = []
    if tally.met:
        parts.append(
            ngettext("%(n)d came back in time", "%(n)d came back in time", tally.met)
            % {"n": tally.met}
        )
    if tally.missed:
        parts.append(
            ngettext("%(n)d missed its RTO", "%(n)d missed their RTO", tally.missed)
            % {"n": tally.missed}
        )
    if tally.running:
        parts.append(
            ngettext("%(n)d is still down", "%(n)d are still down", tally.running)
            % {"n": tally.running}
        )
    if tally.unknown:
        parts.append(
            ngettext(
                "%(n)d has no RTO, so nobody can say",
                "%(n)d have no RTO, so nobody can say",
                tally.unknown,
            )
            % {"n": tally.unknown}
        )
    if not parts:
        return _("No asset of its own is on record as hit, so no recovery target was tested.")
    return _("Of the assets that were hit themselves, %(parts)s.") % {"parts": ", ".join(parts)}


def _lesson(facts: IncidentFacts) -> str:
    cause = _cause(facts.review)
    total = len(facts.actions)
    if not total:
        return _("%(cause)s; no action has been promised.") % {"cause": cause}
    open_count = sum(1 for item in facts.actions if item.finished_at is None)
    actions = ngettext("%(n)d action follows", "%(n)d actions follow", total) % {"n": total}
    if not open_count:
        return _("%(cause)s; %(actions)s, all of it finished.") % {
            "cause": cause,
            "actions": actions,
        }
    return _("%(cause)s; %(actions)s, %(open)d still open.") % {
        "cause": cause,
        "actions": actions,
        "open": open_count,
    }


def _cause(review: Review | None) -> str:
    words = " ".join(review.root_cause.split()).rstrip(".;") if review else ""
    if not words:
        return _("The root cause is not known")
    short = words if len(words) <= 160 else words[:159].rstrip() + "…"
    return _("The root cause: %(words)s") % {"words": short}
