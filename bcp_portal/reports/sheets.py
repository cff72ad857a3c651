"""Spreadsheets in and out: guarded when written, doubted when read."""

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import IO, Any
from xml.etree.ElementTree import ParseError

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from bcp_portal.shared.errors import DomainError
from bcp_portal.shared.lists.sheet_writer import (
    CSV_TYPE,
    XLSX_TYPE,
    guard_text,
    unguard_text,
    write_csv,
    write_workbook,
    write_xlsx,
)

__all__ = [
    "CSV_TYPE",
    "XLSX_TYPE",
    "Sheet",
    "SheetLimits",
    "UnreadableSheetError",
    "guard_text",
    "read_sheet",
    "unguard_text",
    "write_csv",
    "write_workbook",
    "write_xlsx",
]

CellValue = str | int | float | Decimal | bool | date | datetime | time | timedelta | None
ENCODINGS = ("utf-8-sig", "cp1252")
DELIMITERS = ",;\t|"
# How many empty rows in a row end a table: some programs claim a million of them.
MOST_EMPTY = 5_000
# What other files begin with, so that a wrong one can be called by its name.
STRANGERS = {
    b"%PDF": "PDF",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"\xd0\xcf\x11\xe0": "XLS",
    b"\x1f\x8b": "GZIP",
    b"{\\rtf": "RTF",
    b"\x7fELF": "ELF",
    b"MZ\x90": "EXE",
}


class UnreadableSheetError(DomainError):
    """The file is not a spreadsheet that can be read; the sentence says why and what to do."""


@dataclass(frozen=True)
class SheetLimits:
    """What an honest spreadsheet stays below."""

    file_bytes: int = 20 * 1024 * 1024
    unfolded_bytes: int = 200 * 1024 * 1024
    rows: int = 50_000
    columns: int = 200
    cell_chars: int = 32_767


@dataclass(frozen=True)
class Sheet:
    """A table as it was sent: heads, and rows of the same width; `first_row` is what people see."""

    format: str
    heads: list[str]
    rows: list[list[CellValue]]
    first_row: int = 2


USUAL = SheetLimits()


def read_sheet(file: IO[bytes], *, limits: SheetLimits = USUAL) -> Sheet:
    """Read a CSV or XLSX by what it is, whatever it is called; refuse with a clear sentence."""
    content = file.read(limits.file_bytes + 1)
    if len(content) > limits.file_bytes:
        raise UnreadableSheetError(
            _("The file is larger than %d MB. Split it into several files.")
            % (limits.file_bytes // 1024 // 1024)
        )
    if not content.strip():
        raise UnreadableSheetError(_("The file is empty."))
    if content.startswith(b"PK\x03\x04"):
        return _finish("xlsx", _xlsx_rows(content, limits), limits)
    for start, name in STRANGERS.items():
        if content.startswith(start):
            raise UnreadableSheetError(
                _("This is a %s file. Save the table as XLSX or CSV and send that.") % name
            )
    return _finish("csv", _csv_rows(content), limits)


def _finish(kind: str, lines: Iterator[list[CellValue]], limits: SheetLimits) -> Sheet:
    cleaned = _clean(lines, limits)
    number, first = next(((at, line) for at, line in cleaned if line), (0, []))
    if not first:
        raise UnreadableSheetError(_("The file holds no table: no row has any text in it."))
    heads = [str(cell or "").strip() for cell in first]
    rows: list[list[CellValue]] = []
    empty = 0
    for _at, line in cleaned:
        empty = 0 if line else empty + 1
        if empty > MOST_EMPTY:
            break
        rows.append(line)
        if len(rows) - empty > limits.rows:
            raise UnreadableSheetError(
                _("The table has more than %d rows. Split it into several files.") % limits.rows
            )
    while rows and not rows[-1]:
        rows.pop()
    width = max([len(heads), *(len(row) for row in rows)])
    heads += [""] * (width - len(heads))
    return Sheet(kind, heads, [row + [None] * (width - len(row)) for row in rows], number + 1)


def _clean(
    lines: Iterator[list[CellValue]], limits: SheetLimits
) -> Iterator[tuple[int, list[CellValue]]]:
    for number, line in enumerate(lines, start=1):
        cells = [_checked(cell, number, limits) for cell in line]
        while cells and cells[-1] in (None, ""):
            cells.pop()
        if len(cells) > limits.columns:
            raise UnreadableSheetError(
                _("Row %(row)d has more than %(most)d columns.")
                % {"row": number, "most": limits.columns}
            )
        yield number, cells


def _checked(cell: CellValue, number: int, limits: SheetLimits) -> CellValue:
    if not isinstance(cell, str):
        return cell
    if len(cell) > limits.cell_chars:
        raise UnreadableSheetError(
            _("A cell in row %(row)d has more than %(most)d characters.")
            % {"row": number, "most": limits.cell_chars}
        )
    return unguard_text(cell)


def _csv_rows(content: bytes) -> Iterator[list[CellValue]]:
    text = _decoded(content)
    if "\0" in text:
        raise UnreadableSheetError(
            _("This is neither a CSV nor an XLSX file. Save the table as XLSX and send that.")
        )
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        for line in reader:
            yield list(line)
    except csv.Error as error:
        raise UnreadableSheetError(
            _("Row %(row)d of the CSV cannot be read: %(why)s.")
            % {"row": reader.line_num, "why": error}
        ) from error


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ENCODINGS
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableSheetError(
        _("The characters of this file cannot be read. Save it as CSV in UTF-8, or as XLSX.")
    )


def _delimiter(text: str) -> str:
    # The head names the columns and hardly ever holds a delimiter in quotes; a sniffer that also
    # weighs the rows is fooled by decimal commas.
    head = next((line for line in text.splitlines() if line.strip()), "")
    outside = "".join(head.split('"')[::2])
    return max(DELIMITERS, key=outside.count)


def _xlsx_rows(content: bytes, limits: SheetLimits) -> Iterator[list[CellValue]]:
    _refuse_bombs(content, limits)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheet = book.active
        if sheet is None or not hasattr(sheet, "iter_rows"):
            raise UnreadableSheetError(_("The workbook has no sheet with a table."))
        # The size a file claims for itself is not to be trusted.
        sheet.reset_dimensions()
        for line in sheet.iter_rows(values_only=True, max_col=limits.columns + 1):
            yield [_plain(cell) for cell in line]
    except (
        InvalidFileException,
        zipfile.BadZipFile,
        ParseError,
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
        EOFError,
        OSError,
        OverflowError,
    ) as error:
        raise UnreadableSheetError(
            _("This XLSX file is damaged or is something else. Open it, save it again, send that.")
        ) from error


def _refuse_bombs(content: bytes, limits: SheetLimits) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, EOFError) as error:
        raise UnreadableSheetError(
            _("This XLSX file is damaged or is something else. Open it, save it again, send that.")
        ) from error
    names = {entry.filename for entry in entries}
    if "xl/workbook.xml" not in names:
        raise UnreadableSheetError(
            _("This is a ZIP file, not an XLSX table. Send the table itself.")
        )
    if len(entries) > 2000 or sum(entry.file_size for entry in entries) > limits.unfolded_bytes:
        raise UnreadableSheetError(
            _("The XLSX file unfolds to more than %d MB. Send only the table, without pictures.")
            % (limits.unfolded_bytes // 1024 // 1024)
        )


def _plain(cell: Any) -> CellValue:
    if isinstance(cell, str | int | float | Decimal | bool | date | datetime | time | timedelta):
        return cell
    return None if cell is None else str(cell)
