"""A report with one of everything, of any length."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.template import engines

from bcp_portal.reports.charts import (
    Bar,
    Lane,
    Point,
    Span,
    bars_against_targets,
    heat_map,
    swim_lanes,
)
from bcp_portal.reports.paper import PaperColumn, Tile, house_assets, paper_facts, paper_table
from bcp_portal.reports.registry import BuiltReport

START = datetime(2026, 11, 22, 2, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def lanes():
    return swim_lanes(
        [
            Lane("SBY-02", [Span("dark", START, START + 90 * MINUTE, "act")]),
            Lane("Dewi <b>Søren</b>", (), [Point("took command", START + 8 * MINUTE, "info")]),
            Lane("Playbook", [Span("containment", START + 12 * MINUTE, None, "watch")]),
        ],
        start=START,
        end=START + 192 * MINUTE,
        marks=[Point("RTO", START + 120 * MINUTE, "act")],
    )


def specimen(*, rows: int = 20, at: datetime = START) -> BuiltReport:
    timeline = paper_table(
        [
            PaperColumn("Time", "w15", "nowrap"),
            PaperColumn("What", "w60"),
            PaperColumn("Who", "w15"),
            PaperColumn("Min", "w10", "num"),
        ],
        [
            (
                f"{at + n * MINUTE:%H:%M:%S}",
                f"Something at site {n}, said in words",
                "Dewi",
                n,
            )
            for n in range(rows)
        ],
    )
    context = {
        "contents": [("board", "For the board"), ("lanes", "Swim lanes"), ("timeline", "Timeline")],
        "tiles": [
            Tile("Out of service", "3 h 12 min", "RTO 2 h 30 min", "act"),
            Tile("Data lost", "0 min", "RPO 15 min", "ok"),
            Tile("Sites", "6", "of 24"),
        ],
        "facts": [("Declared", "09:18 WIB"), ("Cause", "Cut fibre <script>")],
        "lanes": lanes(),
        "bars": bars_against_targets(
            [
                Bar("Point of sale", timedelta(minutes=192), timedelta(minutes=150)),
                Bar("Stock", timedelta(minutes=40), timedelta(hours=4)),
                Bar("Loyalty", None, timedelta(hours=8)),
                Bar("Printing", timedelta(minutes=5), None, "no target"),
            ]
        ),
        "heat": heat_map(
            ["Likely", "Possible", "Rare"],
            ["Small", "Large", "Grave"],
            [[0, 2, 1], [3, 0, 0], [5, 1, 0]],
            [["watch", "act", "act"], ["ok", "watch", "act"], ["ok", "ok", "watch"]],
        ),
        "table": timeline,
        "annex": "2026-11-22T02:10:00Z alert.raised SBY-02 silent\n" * rows,
    }
    template = engines["django"].from_string(
        (Path(__file__).with_name("specimen.html")).read_text()
    )
    payload = {"code": "INC-14", "rows": rows}
    facts = paper_facts(
        payload=payload,
        title="Network of Jawa Timur cut",
        code="INC-14",
        language="en",
        at=at,
        audit_line="Audit trail up to row 10422, 5f1d…a9",
    )
    return BuiltReport(template.render(context | {"paper": facts}), house_assets(), payload)
