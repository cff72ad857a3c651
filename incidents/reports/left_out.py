"""What is on record about an incident and not in its report, each row with the reason."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from bcp_portal.reports.paper import PaperColumn, PaperTable, paper_table
from incidents.models import Decision, Notice, NoticeKind, RunStep, TimelineEntry
from incidents.reports.facts import IncidentFacts
from incidents.reports.wording import moment_words


@dataclass(frozen=True)
class Row:
    """One row of the database, by its kind and number."""

    kind: str
    pk: int


@dataclass(frozen=True)
class LeftOut:
    """A row that is not in the report, and why."""

    row: Row
    words: str
    reason: str


def rows_told(facts: IncidentFacts) -> set[Row]:
    """The rows that the report tells: timeline, steps, decisions and calls."""
    steps = (step for run in facts.runs for phase in run.phases.all() for step in phase.steps.all())
    return {
        *(Row("timeline", entry.pk) for entry in facts.timeline),
        *(Row("step", step.pk) for step in steps),
        *(Row("decision", one.pk) for one in facts.decisions),
        *(Row("call", one.pk) for one in facts.calls),
    }


def left_out(facts: IncidentFacts) -> list[LeftOut]:
    """Hold the report against the database as it was then: whatever it does not tell is named."""
    told, incident, at = rows_told(facts), facts.incident, facts.at
    found: list[LeftOut] = []

    def name(row: Row, words: str, reason: str = "") -> None:
        if row not in told:
            found.append(
                LeftOut(
                    row, words, reason or _("for no known reason: tell whoever runs the portal")
                )
            )

    entries = TimelineEntry.objects.filter(incident=incident, recorded_at__lte=at)
    for entry in entries.order_by("happened_at", "pk"):
        words = f"{moment_words(entry.happened_at)} {entry.get_kind_display()}"
        name(Row("timeline", entry.pk), words)
    for step in RunStep.objects.filter(phase__run__incident=incident).order_by("pk"):
        name(Row("step", step.pk), step.code)
    for decision in Decision.objects.filter(incident=incident).order_by("pk"):
        name(Row("decision", decision.pk), decision.code)
    for call in Notice.objects.filter(incident=incident, created_at__lte=at).order_by("pk"):
        is_call = call.kind == NoticeKind.CALL
        reason = "" if is_call else _("a word to one person that asks for no answer")
        name(Row("call", call.pk), f"{call.code} {call.get_kind_display()}", reason)
    return found


def left_out_table(rows: list[LeftOut]) -> PaperTable:
    """The list in the annex."""
    return paper_table(
        [PaperColumn(_("Left out"), "w40"), PaperColumn(_("Because"), "")],
        [(one.words, one.reason) for one in rows],
    )


def left_out_payload(rows: list[LeftOut]) -> list[dict[str, object]]:
    """The same for machines."""
    return [{"kind": one.row.kind, "row": one.row.pk, "because": one.reason} for one in rows]
