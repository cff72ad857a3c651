"""Rows into CSV and XLSX, one at a time, in such a way that no cell becomes a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import IO, Any

from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from bcp_portal.shared.lists.times import exact_span_words

# What a spreadsheet takes for the start of a formula, in plain and in full-width form.
FORMULA_STARTS = frozenset("=+-@\t\r\n＝＋－＠﹢﹣﹦﹫−")
# What stands before it without changing that: blanks, marks of no width, control characters.
IGNORED = " \u00a0\u3000\ufeff\u200b\x7f" + "".join(
    chr(code) for code in range(32) if chr(code) not in "\t\r\n"
)
GUARD = "'"
NEEDS_CARE = FORMULA_STARTS | {"#", ""}
MOST_CELL_CHARS = 32_000
CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def guard_text(text: str) -> str:
    """Text that a spreadsheet shows instead of computing.

    A leading quote is doubled, so that `unguard_text` gives back exactly what was there.
    """
    bare = text.lstrip(IGNORED)
    if text[:1] == GUARD or (bare and (bare[0] in FORMULA_STARTS or text[0] in FORMULA_STARTS)):
        return GUARD + text
    return text


def unguard_text(text: str) -> str:
    """What was guarded, as it was before."""
    if text[:1] != GUARD or len(text) < 2:
        return text
    rest = text[1:]
    return rest if guard_text(rest) == text else text


def write_csv(file: IO[bytes], heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write a CSV that Excel opens as UTF-8; return the number of rows."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([guard_text(head) for head in heads])
    count = 0
    for row in rows:
        writer.writerow([_csv_value(value) for value in row])
        count += 1
    text.flush()
    text.detach()
    return count


def write_xlsx(
    file: IO[bytes], heads: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str = "Siaga"
) -> int:
    """Write a workbook of one sheet with typed cells and a frozen head; return the rows."""
    return write_workbook(file, [(title, heads, rows)])


def write_workbook(
    file: IO[bytes], sheets: Iterable[tuple[str, Sequence[str], Iterable[Sequence[Any]]]]
) -> int:
    """Write a workbook of several sheets (title, heads, rows); return the rows of all of them."""
    book = Workbook(write_only=True)
    count = sum(_fill(book, title, heads, rows) for title, heads, rows in sheets)
    book.save(file)
    return count


def _fill(book: Any, title: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    sheet = book.create_sheet(_sheet_title(title))
    sheet.freeze_panes = "A2"
    for index, head in enumerate(heads, start=1):
        sheet.column_dimensions[get_column_letter(index)].width = min(40, max(12, len(head) + 4))
    sheet.append([_head_cell(sheet, head) for head in heads])
    count = 0
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])
        count += 1
    if heads:
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(heads))}{count + 1}"
    return count


def _csv_value(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float | Decimal):
        # A number may begin with a minus: it is computed by nobody.
        return str(value)
    if isinstance(value, datetime):
        return _local(value).isoformat(timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return exact_span_words(value)
    return guard_text(str(value))


def _cell(sheet: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, datetime):
        # A workbook knows no zones: the reader's own, which the head of the column names.
        local = _local(value).replace(tzinfo=None, microsecond=0)
        return _typed_cell(sheet, local, "yyyy-mm-dd hh:mm:ss")
    if isinstance(value, date):
        return _typed_cell(sheet, value, "yyyy-mm-dd")
    if isinstance(value, timedelta):
        return _typed_cell(sheet, value, "[h]:mm:ss")
    if isinstance(value, bool | int | float | Decimal):
        return value
    text = _text(str(value))
    # Text that needs no care goes in as it is: that is twice as quick.
    return _text_cell(sheet, text) if text[:1] in NEEDS_CARE else text


def _typed_cell(sheet: Any, value: Any, shape: str) -> Any:
    cell = WriteOnlyCell(sheet, value=value)
    cell.number_format = shape
    return cell


def _text(text: str) -> str:
    # Cleaned before it is guarded: what is taken away could have hidden an "=".
    return guard_text(ILLEGAL_CHARACTERS_RE.sub("", text))[:MOST_CELL_CHARS]


def _text_cell(sheet: Any, text: str) -> Any:
    cell = WriteOnlyCell(sheet, value=text)
    # Said explicitly: openpyxl takes "=" for a formula and "#N/A" for an error.
    cell.data_type = "s"
    return cell


def _head_cell(sheet: Any, head: str) -> Any:
    cell = _text_cell(sheet, _text(head))
    cell.font = Font(bold=True, color="FFFFFFFF")
    cell.fill = PatternFill("solid", fgColor="FF1F3A5F")
    cell.alignment = Alignment(vertical="center")
    return cell


def _local(value: datetime) -> datetime:
    return timezone.localtime(value) if timezone.is_aware(value) else value


def _sheet_title(title: str) -> str:
    clean = "".join(" " if char in "[]:*?/\\'" else char for char in title).strip()
    return clean[:31] or "Siaga"
