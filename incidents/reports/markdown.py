"""The post-incident report as Markdown: the facts of its JSON as text that any editor reads."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from bcp_portal.shared.durations import format_duration
from incidents.reports.wording import moment_words

# What would be read as layout inside a cell or a line.
SPECIAL = "\\`*_{}[]<>#|"


def incident_markdown(payload: Mapping[str, Any], *, sha256: str) -> str:
    """Write the payload of the report as Markdown; `sha256` is the hash of the same as JSON."""
    return "\n".join(_lines(payload, sha256)) + "\n"


def _lines(told: Mapping[str, Any], sha256: str) -> Iterator[str]:
    incident = told["incident"]
    yield f"# {_text(incident['code'])} {_text(incident['title'])}"
    yield ""
    if incident["mode"] != "live":
        yield from (f"**{_('EXERCISE')}**", "")
    for reason in told["preliminary"]:
        yield from (f"> {_text(reason)}", "")
    yield from _facts(
        (_("As of"), told["as_of"]),
        (_("Severity"), incident["severity"]),
        (_("State"), incident["status"]),
        (_("Commander"), incident["commander"]),
        (_("Began"), incident["started_at"]),
        (_("Detected"), incident["detected_at"]),
        (_("Contained"), incident["contained_at"]),
        (_("Eradication began"), incident["eradication_at"]),
        (_("Eradication ended"), incident["eradicated_at"]),
        (_("Recovered"), incident["recovered_at"]),
        (_("SHA-256 of the facts as JSON"), sha256),
    )
    yield from _what_happened(told)
    yield from _what_was_done(told)
    yield from _learning(told)
    yield from _part(
        _("Left out of this report, and why"),
        [_("Kind"), _("Row"), _("Because")],
        [(one["kind"], one["row"], one["because"]) for one in told["left_out"]],
    )


def _what_happened(told: Mapping[str, Any]) -> Iterator[str]:
    yield from _part(
        _("Recovery scorecard"),
        [_("Asset"), _("Down"), _("Back"), "RTO", _("Took"), _("Verdict")],
        [
            (one["code"], one["down_at"], one["recovered_at"], _span(one["rto_s"]),
             _span(one["took_s"]), one["rto"])
            for one in told["assets"]
        ],
    )  # fmt: skip
    yield from _part(
        _("Extent"),
        [_("Site"), _("Hit"), _("Contained"), _("Recovered")],
        [
            (one["code"], one["affected_at"], one["contained_at"], one["recovered_at"])
            for one in told["sites"]
        ],
    )
    yield from _part(
        _("Timeline"),
        [_("Time"), _("Kind"), _("What happened"), _("Who")],
        [(one["happened_at"], one["kind"], one["text"], one["actor"]) for one in told["timeline"]],
    )


def _what_was_done(told: Mapping[str, Any]) -> Iterator[str]:
    for run in told["runs"]:
        yield from _part(
            f"{_('How the plan was followed')}: {run['code']} {run['playbook']} {run['version']}",
            [_("Step"), _("Text"), _("Verdict"), _("Done"), _("Who"), _("Note")],
            [
                (one["code"], one["text"], one["verdict"], one["done_at"], one["done_by"],
                 one["note"] or one["skip_reason"])
                for one in run["steps"]
            ],
        )  # fmt: skip
    yield from _part(
        _("Decisions"),
        [_("Code"), _("Question"), _("Chosen"), _("Why"), _("Who"), _("When")],
        [
            (one["code"], one["question"], one["chosen"], one["reason"], one["decided_by"],
             one["decided_at"])
            for one in told["decisions"]
        ],
    )  # fmt: skip
    yield from _part(
        _("Calls"),
        [_("Code"), _("Who"), _("Called"), _("Answered"), _("By which way")],
        [
            (one["code"], one["person"], one["created_at"], one["acknowledged_at"],
             ", ".join(f"{d['channel']} ({d['status']})" for d in one["deliveries"]))
            for one in told["calls"]
        ],
    )  # fmt: skip
    yield from _part(
        _("Communications, promised and sent"),
        [_("To"), _("Sent"), _("Words"), _("Next promised")],
        [
            (one["audience"], one["published_at"], one["text"], one["next_promised_at"])
            for one in told["updates"]
        ],
    )


def _learning(told: Mapping[str, Any]) -> Iterator[str]:
    review = told["review"]
    if review is not None:
        yield from ("", f"## {_('Analysis')}", "")
        for name, label in (
            ("went_well", _("What went well")),
            ("went_badly", _("What went badly")),
            ("lucky", _("Where we were lucky")),
            ("root_cause", _("Root cause")),
        ):
            yield from (f"### {label}", "", _text(review.get(name) or "–"), "")
    yield from _part(
        _("Actions"),
        [_("Code"), _("What was promised"), _("Owner"), _("Due"), _("State")],
        [
            (one["code"], one["text"], one["owner"], one["due_on"], one["status"])
            for one in told["actions"]
        ],
    )


def _part(title: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield from ("", f"## {title}", "")
    lines = ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]
    if not lines:
        yield _("Nothing is on record.")
        return
    yield "| " + " | ".join(heads) + " |"
    yield "|" + " --- |" * len(heads)
    yield from lines


def _facts(*facts: tuple[str, object]) -> Iterator[str]:
    for name, value in facts:
        yield f"* {name}: {_cell(value)}"


def _cell(value: object) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, datetime):
        return moment_words(value)
    return _text(str(value))


def _text(words: str) -> str:
    """Words that stay words: on one line, and nothing in them is layout or markup."""
    line = " ".join(words.split())
    return "".join(f"\\{char}" if char in SPECIAL else char for char in line)


def _span(value: object) -> str:
    return format_duration(value) if isinstance(value, int | float | timedelta) else "–"
