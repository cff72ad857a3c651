"""Reading a register file: CSV in any common dialect, or XLSX; refused with a sentence."""

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from xml.etree.ElementTree import ParseError

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from bcp_portal.shared.errors import DomainError
from bcp_portal.shared.lists.sheet_writer import unguard_text
from risks.imports.columns import COLUMNS, SheetColumn, map_headings

MOST_BYTES = 4 * 1024 * 1024
MOST_ROWS = 10_000
MOST_COLUMNS = 100
# What an honest workbook of our size unpacks to; a bomb is far larger.
MOST_UNPACKED = 80 * 1024 * 1024


# How many empty lines in a row end a sheet: some programs claim a million of them.
MOST_EMPTY = 5_000
Table = list[tuple[int, list[str]]]


class UnreadableFileError(DomainError):
    """The file is not what it says, or too large."""


@dataclass(frozen=True)
class SheetRow:
    """One row: its line in the file, and its values by column key; absent columns are absent."""

    line: int
    values: dict[str, str]


@dataclass(frozen=True)
class Sheet:
    """A file as it was understood."""

    rows: list[SheetRow]
    strange: list[str]
    known: list[str]


def read_sheet(name: str, content: bytes, columns: Iterable[SheetColumn] = COLUMNS) -> Sheet:
    """Understand a file by what it is, not by what its name says."""
    table = read_table(content)
    meaning, strange = map_headings(table[0][1], columns)
    if "title" not in meaning.values() and "code" not in meaning.values():
        raise UnreadableFileError(
            _("No column is called “Code” or “Title”: the first row must hold the headings.")
        )
    return Sheet(rows=rows_by(table[1:], meaning), strange=strange, known=sorted(meaning.values()))


def read_table(content: bytes) -> Table:
    """The lines of a file that hold anything, the headings first; refused with a sentence."""
    if len(content) > MOST_BYTES:
        raise UnreadableFileError(_("The file is larger than 4 MB."))
    if not content.strip():
        raise UnreadableFileError(_("The file is empty."))
    table = _xlsx(content) if content[:4] == b"PK\x03\x04" else _csv(content)
    if not table:
        raise UnreadableFileError(_("The file has no rows."))
    line, headings = table[0]
    return [(line, [heading[:200] for heading in headings]), *table[1:]]


def rows_by(table: Table, meaning: Mapping[int, str]) -> list[SheetRow]:
    """The lines with their cells under what the columns mean."""
    return [
        SheetRow(line, {key: cells[i] for i, key in meaning.items() if i < len(cells)})
        for line, cells in table
        if any(cells)
    ]


def _csv(content: bytes) -> Table:
    text = _decoded(content)
    head = text.lstrip().split("\n", 1)[0]
    delimiter = max(",;\t|", key=lambda one: "".join(head.split('"')[::2]).count(one))
    table: Table = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                _check_size(len(table), len(cells))
                table.append((reader.line_num, [unguard_text(cell).strip() for cell in cells]))
    except csv.Error as error:
        raise UnreadableFileError(_("Line %d cannot be read.") % reader.line_num) from error
    return table


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    if b"\x00" in content:
        raise UnreadableFileError(_("This is neither a CSV nor an XLSX file."))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _xlsx(content: bytes) -> Table:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MOST_UNPACKED:
                raise UnreadableFileError(_("The workbook unpacks to more than 80 MB."))
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        # The size a sheet claims for itself is not to be trusted.
        sheet: Any = book.worksheets[0]
        sheet.reset_dimensions()
        table = _lines(sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS + 1))
    except (
        zipfile.BadZipFile,
        InvalidFileException,
        KeyError,
        IndexError,
        ValueError,
        TypeError,
        AttributeError,
        EOFError,
        OverflowError,
        ParseError,
        OSError,
    ) as error:
        raise UnreadableFileError(_("This workbook cannot be read.")) from error
    return table


def _lines(rows: Iterable[tuple[Any, ...]]) -> Table:
    table: Table = []
    last = 0
    for line, row in enumerate(rows, start=1):
        cells = [_text(cell) for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            _check_size(len(table), len(cells))
            table.append((line, cells))
            last = line
        elif line - last > MOST_EMPTY:
            break
    return table


def _check_size(rows: int, columns: int) -> None:
    if rows > MOST_ROWS or columns > MOST_COLUMNS:
        raise UnreadableFileError(_("A register file has at most 10,000 rows and 100 columns."))


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell == int(cell):
        return str(int(cell))
    return unguard_text(str(cell)).strip()
