"""A spreadsheet is read by what it is, and refused in words when it is something else."""

import io
import zipfile
from datetime import datetime

import pytest
from openpyxl import Workbook

from bcp_portal.reports.sheets import (
    SheetLimits,
    UnreadableSheetError,
    read_sheet,
    write_csv,
    write_xlsx,
)

ROWS = [["R-001", "=1+1", -5, "søren 水"], ["R-002", "'quoted", 2.5, None]]
HEADS = ["Code", "Title", "Score", "@owner"]


def sheet_of(content: bytes, **limits):
    return read_sheet(io.BytesIO(content), limits=SheetLimits(**limits))


def workbook(*rows: list, sheets: int = 1) -> bytes:
    book, file = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def zipped(**files: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return file.getvalue()


def test_what_we_wrote_as_xlsx_is_read_back_unchanged():
    file = io.BytesIO()
    write_xlsx(file, HEADS, ROWS)

    sheet = sheet_of(file.getvalue())

    assert (sheet.format, sheet.heads, sheet.rows) == ("xlsx", HEADS, ROWS)


def test_what_we_wrote_as_csv_is_read_back_as_the_same_words():
    file = io.BytesIO()
    write_csv(file, HEADS, ROWS)

    sheet = sheet_of(file.getvalue())

    assert sheet.heads == HEADS
    assert sheet.rows == [["R-001", "=1+1", "-5", "søren 水"], ["R-002", "'quoted", "2.5", None]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encoding_and_delimiter_are_found_out(encoding, delimiter):
    text = f'Name{delimiter}Café{delimiter}"a,b;c"\r\n1,5 é;x'.replace(
        "1,5 é;x", f'"1,5"{delimiter}é{delimiter}x'
    )

    sheet = sheet_of(text.encode(encoding))

    assert sheet.heads == ["Name", "Café", "a,b;c"]
    assert sheet.rows == [["1,5", "é", "x"]]


def test_rows_keep_the_numbers_people_see():
    sheet = sheet_of(b"\r\n\r\nA,B\r\n1\r\n\r\n2,3,4\r\n\r\n")

    assert sheet.first_row == 4
    assert sheet.heads == ["A", "B", ""]
    assert sheet.rows == [["1", None, None], [None, None, None], ["2", "3", "4"]]


def test_days_in_a_workbook_are_days():
    moment = datetime(2026, 3, 31)  # noqa: DTZ001 - a sheet knows no zones

    assert sheet_of(workbook(["When"], [moment])).rows == [[moment]]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty."),
        (b"  \r\n ", "The file is empty."),
        (b",,,\r\n,,", "no row has any text"),
        (b"%PDF-1.7 ...", "This is a PDF file."),
        (b"\x89PNG\r\n\x1a\n", "This is a PNG file."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "This is a XLS file."),
        (b"MZ\x90\x00\x03", "This is a EXE file."),
        (b"\x00\x01\x02\x03", "neither a CSV nor an XLSX"),
        (b"PK\x03\x04 not a zip", "damaged or is something else"),
        (zipped(readme=b"hello"), "a ZIP file, not an XLSX table"),
        (zipped(xl__workbook_xml=b"<not xml"), "damaged or is something else"),
        (workbook(["A"], ["b"])[:-200], "damaged or is something else"),
        (b'a,"b\r\nc', "cannot be read"),
    ],
)
def test_an_upload_that_is_not_what_it_says_is_refused_in_words(content, said):
    with pytest.raises(UnreadableSheetError, match=said):
        sheet_of(content)


def test_more_than_anybody_needs_is_refused():
    with pytest.raises(UnreadableSheetError, match="more than 3 rows"):
        sheet_of(b"a\r\n" + b"1\r\n" * 4, rows=3)
    with pytest.raises(UnreadableSheetError, match="Row 2 has more than 2 columns"):
        sheet_of(b"a,b\r\n1,2,3", columns=2)
    with pytest.raises(UnreadableSheetError, match="more than 2 columns"):
        sheet_of(workbook(["a", "b", "c"]), columns=2)
    with pytest.raises(UnreadableSheetError, match="row 2 has more than 5 characters"):
        sheet_of(b"a\r\n123456", cell_chars=5)
    with pytest.raises(UnreadableSheetError, match="larger than 1 MB"):
        sheet_of(b"a" * 1_100_000, file_bytes=1024 * 1024)


def test_a_workbook_that_unfolds_to_gigabytes_is_not_unfolded():
    bomb = zipped(xl__workbook_xml=b" " * 3_000_000)

    with pytest.raises(UnreadableSheetError, match="unfolds to more than 2 MB"):
        sheet_of(bomb, unfolded_bytes=2 * 1024 * 1024)


def test_entities_in_a_workbook_are_not_multiplied():
    laugh = b'<!DOCTYPE x [<!ENTITY a "ha">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 50) for n in range(8)
    )
    bomb = zipped(xl__workbook_xml=laugh + b"]><workbook>&i;</workbook>", Content_Types=b"<Types/>")

    with pytest.raises(UnreadableSheetError, match="damaged"):
        sheet_of(bomb)
