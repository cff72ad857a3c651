"""The ledgers of the report: how the plan was followed, what was decided, who was called."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.html import format_html_join
from django.utils.translation import gettext as _

from bcp_portal.reports.paper import PaperColumn, PaperTable, paper_table
from bcp_portal.shared.durations import format_duration
from incidents.models import (
    Decision,
    Delivery,
    DeliveryStatus,
    EscalationFiring,
    IncidentStatus,
    Notice,
    Severity,
)
from incidents.reports.facts import IncidentFacts
from incidents.reports.scores import RunScore, StepScore
from incidents.reports.wording import instant_words, moment_words, name_of, verdict_mark
from telemetry.wording import explain_sums


@dataclass(frozen=True)
class RunPart:
    """One playbook as it was followed."""

    title: str
    facts: list[tuple[str, object]]
    table: PaperTable


@dataclass(frozen=True)
class DecisionPart:
    """One decision with the picture of what was known."""

    question: str
    facts: list[tuple[str, object]]
    picture: list[tuple[str, object]]


def run_part(score: RunScore) -> RunPart:
    """One playbook: which edition, who started it, and step after step."""
    run = score.run
    columns = [
        PaperColumn(_("Step"), "w40"),
        PaperColumn(_("Due"), "w15", "nowrap"),
        PaperColumn(_("Settled"), "w15", "nowrap"),
        PaperColumn(_("Who"), "w15"),
        PaperColumn(_("Verdict"), "w15"),
    ]
    return RunPart(
        title=f"{run.version.code} · {run.version.playbook.said('title')}",
        facts=[
            (_("Started"), f"{moment_words(run.started_at)}, {name_of(run.started_by)}"),
            (_("State"), " · ".join(filter(None, (run.get_status_display(), run.abandon_reason)))),
            (
                _("Steps"),
                _("%(done)d done, of them %(late)d late; %(skipped)d skipped; %(left)d not done")
                % {
                    "done": score.count("done", "on_time", "late"),
                    "late": score.count("late"),
                    "skipped": score.count("skipped"),
                    "left": score.count("overdue", "not_done"),
                },
            ),
        ],
        table=paper_table(columns, [_step_row(step) for step in score.steps]),
    )


def decision_part(decision: Decision) -> DecisionPart:
    """One decision: the options, the choice, the authority, and what was known."""
    shown = dict(decision.step.choices) if decision.step else {}
    options = [_option(option, shown) for option in decision.options]
    late = decision.recorded_at - decision.decided_at >= timedelta(seconds=1)
    return DecisionPart(
        question=decision.asked,
        facts=[
            (_("Chosen"), decision.answer),
            (_("Options"), " · ".join(options) or "–"),
            (_("Reason"), decision.reason or _("none was given")),
            (
                _("Decided by"),
                f"{name_of(decision.decided_by)}, {moment_words(decision.decided_at)}",
            ),
            (_("Authority"), _authority(decision)),
            *([(_("Written down"), moment_words(decision.recorded_at))] if late else []),
        ],
        picture=list(_picture(decision.picture)),
    )


def calls_table(facts: IncidentFacts) -> PaperTable:
    """Each call: due, fired, sent, answered; what may have gone out twice says so."""
    columns = [
        PaperColumn(_("Due"), "w15", "nowrap"),
        PaperColumn(_("Fired"), "w15", "nowrap"),
        PaperColumn(_("To"), "w18"),
        PaperColumn(_("Sent"), "w20"),
        PaperColumn(_("Answered"), "w15", "nowrap"),
        PaperColumn(_("Remarks"), "w18"),
    ]
    firings = {firing.pk: firing for firing in facts.firings}
    return paper_table(columns, [_call_row(call, firings) for call in facts.calls])


def missed_calls(facts: IncidentFacts) -> list[str]:
    """The rungs that reached nobody, and whom they meant to reach."""
    return [
        _("%(time)s: could not be reached: %(names)s")
        % {
            "time": instant_words(firing.fired_at),
            "names": ", ".join(str(entry.get("name", "?")) for entry in firing.unreachable),
        }
        for firing in facts.firings
        if firing.unreachable
    ]


def alerts_table(facts: IncidentFacts) -> PaperTable:
    """The alerts folded into the incident, with the sums behind each claim."""
    columns = [
        PaperColumn(_("Alert"), "w8"),
        PaperColumn(_("Claim"), "w50"),
        PaperColumn(_("Signals"), "w8", "num"),
        PaperColumn(_("Raised"), "w15", "nowrap"),
        PaperColumn(_("Resolved"), "w15", "nowrap"),
    ]
    rows = []
    for alert in facts.alerts:
        sums = explain_sums(alert.sums) if isinstance(alert.sums, dict) else []
        rows.append((
            alert.code,
            format_html_join("", "{}<br>", ((line,) for line in [alert.text, *sums])),
            alert.signal_count,
            instant_words(alert.raised_at),
            instant_words(alert.resolved_at),
        ))  # fmt: skip
    return paper_table(columns, rows)


def versions_table(facts: IncidentFacts) -> PaperTable:
    """Which edition of which plan was in force, with the digest of what was copied."""
    columns = [
        PaperColumn(_("Playbook"), "w20"),
        PaperColumn(_("Published"), "w20", "nowrap"),
        PaperColumn(_("Digest (SHA-256)"), "w60", "mono"),
    ]
    rows = [
        (run.version.code, moment_words(run.version.published_at), run.digest) for run in facts.runs
    ]
    return paper_table(columns, rows)


def _step_row(score: StepScore) -> tuple[object, ...]:
    step = score.step
    who = name_of(step.done_by) if step.done_by or step.is_settled else "–"
    if step.first_person is not None:
        who = f"{step.first_person.name} + {who}"
    note = format_duration(score.late_by) if score.late_by else ""
    if score.level == "skipped":
        note = step.skip_reason
    return (
        f"{score.phase_name}: {step.said('text')}",
        instant_words(step.due_at),
        instant_words(step.done_at),
        who,
        verdict_mark(score.level, note),
    )


def _authority(decision: Decision) -> str:
    step = decision.step
    if step is not None and step.authority == decision.authority:
        return step.said("authority") or "–"
    return decision.authority or "–"


def _option(option: Any, shown: dict[str, str]) -> str:
    key = option.get("key", "") if isinstance(option, dict) else option
    return str(shown.get(str(key), key))


def _picture(picture: dict[str, Any]) -> Iterator[tuple[str, object]]:
    """What a frozen picture says, in the order in which a commander would ask."""
    yield from _state_then(picture)
    if sites := picture.get("sites"):
        contained = sum(1 for site in sites if site.get("contained") or site.get("recovered"))
        yield _("Sites contained"), _("%(n)d of %(all)d") % {"n": contained, "all": len(sites)}
    if urgent := picture.get("most_urgent"):
        deadline = parse_datetime(urgent.get("deadline") or "")
        yield _("Most urgent"), f"{urgent.get('asset', '?')}: RTO {moment_words(deadline)}"
    if rpo := picture.get("rpo"):
        yield (
            _("Records waiting"),
            _("%(n)s; unknown for %(unknown)s streams")
            % {"n": rpo.get("pending_records", "–"), "unknown": rpo.get("unknown", 0)},
        )
    if picture.get("open_steps") is not None:
        yield _("Steps open"), picture["open_steps"]


def _state_then(picture: dict[str, Any]) -> Iterator[tuple[str, object]]:
    status, severity = picture.get("status"), picture.get("severity")
    if status in IncidentStatus.values:
        yield _("Status"), IncidentStatus(status).label
    if severity in Severity.values:
        yield _("Severity"), Severity(severity).label
    if picture.get("lasted_s") is not None:
        yield _("Had lasted"), format_duration(float(picture["lasted_s"]))


def _call_row(call: Notice, firings: dict[int, EscalationFiring]) -> tuple[object, ...]:
    firing = firings.get(call.firing_id or 0)
    remarks = []
    if firing is not None and firing.lateness_s >= 1:
        remarks.append(_("fired %(span)s late") % {"span": format_duration(firing.lateness_s)})
    if firing is not None and firing.is_fallback:
        remarks.append(_("fallback"))
    deliveries = sorted(call.deliveries.all(), key=lambda one: one.position)
    if any(delivery.possibly_twice for delivery in deliveries):
        remarks.append(_("possibly sent twice"))
    sent = [_journey(delivery) for delivery in deliveries] or [_("inbox of the portal only")]
    return (
        instant_words(firing.due_at if firing else call.created_at),
        instant_words(firing.fired_at if firing else call.created_at),
        call.person.name,
        format_html_join("", "{}<br>", ((line,) for line in sent)),
        instant_words(call.acknowledged_at),
        " · ".join(remarks) or "–",
    )


def _journey(delivery: Delivery) -> str:
    words = f"{delivery.channel}: {delivery.get_status_display()}"
    if delivery.status == DeliveryStatus.SENT:
        return f"{delivery.channel}: {instant_words(delivery.sent_at)}"
    return f"{words} ({delivery.error})" if delivery.error else words
