"""The annex about what was done without a link: by whom, by which clock, and when it arrived."""

from typing import Any

from django.utils.html import format_html_join
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from bcp_portal.reports.paper import PaperColumn, PaperTable, paper_table
from incidents.reports.facts import IncidentFacts
from incidents.reports.wording import instant_words
from incidents.selectors.run_log import ClashCard, SideLine


def offline_table(facts: IncidentFacts) -> PaperTable:
    """Every operation that waited on a device, in the order in which it was done."""
    columns = [
        PaperColumn(_("Done"), "w20"),
        PaperColumn(_("Arrived"), "w15", "nowrap"),
        PaperColumn(_("Who"), "w15"),
        PaperColumn(_("What"), "w35"),
        PaperColumn(_("Outcome"), "w15"),
    ]
    return paper_table(columns, [_row(side) for side in facts.merge.queued])


def clash_table(facts: IncidentFacts) -> PaperTable:
    """Every contradiction between devices, with both sides and what holds."""
    columns = [
        PaperColumn(_("Clash"), "w25"),
        PaperColumn(_("Sides"), "w50"),
        PaperColumn(_("Holds"), "w25"),
    ]
    return paper_table(columns, [_clash_row(card) for card in facts.merge.clashes])


def offline_payload(facts: IncidentFacts) -> list[dict[str, Any]]:
    """The same as plain values."""
    return [
        {
            "op_id": str(side.operation.op_id),
            "kind": side.operation.kind,
            "actor": side.who,
            "device": side.operation.device,
            "client_time": side.operation.client_time,
            "happened_at": side.operation.happened_at,
            "uncertainty_ms": side.operation.uncertainty_ms,
            "received_at": side.operation.received_at,
            "outcome": side.operation.outcome,
        }
        for side in facts.merge.queued
    ]


def _row(side: SideLine) -> tuple[object, ...]:
    op = side.operation
    outcome = str(op.get_outcome_display())
    return (
        when_words(side),
        instant_words(op.received_at),
        f"{side.who} ({side.device})" if side.device else side.who,
        side.what,
        f"{outcome}: {op.detail}" if op.detail else outcome,
    )


def _clash_row(card: ClashCard) -> tuple[object, ...]:
    sides = [f"{side.who}: {side.what}, {when_words(side)}" for side in card.sides]
    state = _("not settled") if card.is_open else _("settled")
    return (
        f"{card.title}: {card.subject}",
        format_html_join("", "{}<br>", ((line,) for line in sides)),
        f"{card.holds} ({state})",
    )


def when_words(side: SideLine) -> str:
    """When it was done: a moment, an interval, or that the device's clock was never compared."""
    if side.earliest is None or side.latest is None:
        return _("%(time)s by its own clock, never compared") % {
            "time": instant_words(side.operation.happened_at)
        }
    if side.is_exact:
        return instant_words(side.operation.happened_at)
    return f"{instant_words(side.earliest)} – {localtime(side.latest):%H:%M:%S}"
