"""The rows of the report as CSV inside the PDF, for whoever reads tables and not JSON."""

import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bcp_portal.shared.lists.sheet_writer import write_csv

Row = Mapping[str, Any]


def incident_sheets(payload: Mapping[str, Any]) -> dict[str, bytes]:
    """What happened, what was done and who was called; one file each, empty ones too."""
    steps = [
        {"run": run["code"], "playbook": run["playbook"], **step}
        for run in payload["runs"]
        for step in run["steps"]
    ]
    # A PDF sorts its files by name: the JSON, which the paper calls the first, stays the first.
    return {
        "rows-timeline.csv": _csv(payload["timeline"]),
        "rows-steps.csv": _csv(steps),
        "rows-calls.csv": _csv(payload["calls"]),
    }


def _csv(rows: Sequence[Row]) -> bytes:
    # Lists within a row (the deliveries of a call) are in the JSON alone.
    heads = [name for name, value in rows[0].items() if not isinstance(value, list)] if rows else []
    file = io.BytesIO()
    write_csv(file, heads, ([_plain(row[name]) for name in heads] for row in rows))
    return file.getvalue()


def _plain(value: object) -> object:
    # The same moment in every zone: the file must not depend on who asked for it.
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
