"""The paper of the house: one design for every report, and what it needs to be printed."""

import functools
import io
from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from bcp_portal.reports.registry import BuiltReport
from bcp_portal.shared.hashing import canonical_json, sha256_hex
from bcp_portal.shared.lists.labels import Label

# Set around a builder by whoever files its paper: where the audit trail stood at that moment.
checkpoint_words: ContextVar[str] = ContextVar("checkpoint_words", default="")
# On sensitive paper: for whom it was made, and when; it stands on every page.
watermark_words: ContextVar[str] = ContextVar("watermark_words", default="")
FONTS = ("inter-latin", "inter-latin-ext")


@dataclass(frozen=True)
class Tile:
    """One number people look at first."""

    name: Label
    value: object
    note: object = ""
    tone: str = "calm"


@dataclass(frozen=True)
class PaperColumn:
    """A column of a printed table; its width is a class like `w15`, in per cent."""

    label: Label
    width: str = ""
    css: str = ""


@dataclass(frozen=True)
class PaperTable:
    """A table whose cells stand ready with their classes, so that 500 rows print quickly."""

    columns: Sequence[PaperColumn]
    rows: list[list[tuple[str, object]]]


def paper_table(columns: Sequence[PaperColumn], rows: Iterable[Sequence[object]]) -> PaperTable:
    """Put rows under columns; a cell takes the classes of its column."""
    classes = [column.css for column in columns]
    return PaperTable(columns, [list(zip(classes, row, strict=True)) for row in rows])


def build_paper(
    template: str,
    context: Mapping[str, Any],
    *,
    payload: object,
    title: str,
    code: str,
    language: str,
    at: datetime,
    audit_line: str = "",
    pictures: Mapping[str, bytes] | None = None,
) -> BuiltReport:
    """Fill a template that extends the paper of the house.

    The template gets the context and `paper`: title, code, language, moment, the hash of the
    facts (which are embedded as JSON), and a line about the audit trail for the foot of the page.
    """
    facts = paper_facts(
        payload=payload, title=title, code=code, language=language, at=at, audit_line=audit_line
    )
    html = render_to_string(template, {**context, "paper": facts})
    return BuiltReport(html, {**house_assets(), **(pictures or {})}, payload)


def paper_facts(
    *, payload: object, title: str, code: str, language: str, at: datetime, audit_line: str = ""
) -> dict[str, object]:
    """What the paper of the house says of itself on its cover and at its foot."""
    return {
        "title": title,
        "organisation": settings.ORGANISATION,
        "code": code,
        "language": language,
        "at": at,
        "created": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "content_sha256": sha256_hex(canonical_json(payload)),
        "audit_line": audit_line,
        "checkpoint_line": checkpoint_words.get(),
        "watermark": watermark_words.get(),
    }


def house_assets() -> dict[str, bytes]:
    """The style sheet and the fonts, under the names by which the paper asks for them."""
    return {"paper.css": _style_sheet(), **_fonts()}


@functools.cache
def _style_sheet() -> bytes:
    return render_to_string("reports/paper/paper.css").encode()


@functools.cache
def _fonts() -> dict[str, bytes]:
    folder = settings.BASE_DIR / "static" / "vendor" / "inter"
    packed = {name: folder / f"{name}.woff2" for name in FONTS}
    return {f"{name}.ttf": _unpacked(file) for name, file in packed.items() if file.is_file()}


def _unpacked(file: Path) -> bytes:
    # Unpacked once for each process: a renderer's child, which forgets everything, would unpack
    # them for each paper, and that was a fifth of its work. Loaded by whoever prints, not before.
    out = io.BytesIO()
    with file.open("rb") as packed:
        import_module("fontTools.ttLib.woff2").decompress(packed, out)
    return out.getvalue()
