"""Workbooks as people really send them, to the register and to the map of assets (bad input)."""

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook
from openpyxl.styles import Font

from assets.imports import UnreadableAssetsError, read_assets
from assets.models import Asset
from assets.services.asset_import import plan_import
from bcp_portal.accounts.roles import Role
from bcp_portal.reports.sheets import MOST_EMPTY, read_sheet
from risks.imports.reading import read_table
from risks.models import Risk
from tests.make import make_user
from tests.make_risks import make_category

pytestmark = pytest.mark.django_db
PLAIN = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
MACRO = b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"


def workbook(*rows, change=lambda sheet: None):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    change(book.active)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def with_macros(content):
    """The same workbook as .xlsm: told to be one, with a program inside."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(PLAIN, MACRO))
        new.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0 Sub Auto_Open()")
    return out.getvalue()


@pytest.fixture
def maya(client):
    person = make_user(Role.RISK_MANAGER, username="maya")
    client.force_login(person)
    make_category()
    return person


def test_a_register_with_macros_is_read_and_its_program_never_looked_at(client, maya):
    content = with_macros(
        workbook(["Title", "Owner", "Category"], ["Tills stop", "maya", "availability"])
    )
    file = SimpleUploadedFile("register.xlsm", content)

    shown = client.post(reverse("risks:import"), {"file": file}, follow=True)

    assert shown.status_code == 200
    assert "Tills stop" in shown.content.decode()
    assert "Auto_Open" not in shown.content.decode()
    assert not Risk.objects.exists()  # a file that was only sent changes nothing


def test_assets_with_macros_are_previewed_like_any_others(client, maya):
    content = with_macros(workbook(["Code", "Name"], ["TILL", "Tills"]))
    file = SimpleUploadedFile("assets.xlsm", content)

    shown = client.post(reverse("assets:import"), {"file": file}, follow=True)

    assert shown.status_code == 200
    assert "TILL" in shown.content.decode()
    assert not Asset.objects.exists()


def test_of_merged_cells_the_first_holds_the_word_and_the_others_say_what_they_lack(maya):
    def merge(sheet):
        sheet.merge_cells("A2:A3")  # one code over two rows
        sheet.merge_cells("B2:C2")  # one name over two columns

    file = io.BytesIO(
        workbook(
            ["Code", "Name", "Zone"],
            ["TILL", "Tills", "north"],
            ["GONE", "Second till", "south"],
            change=merge,
        )
    )

    first, second = plan_import(read_assets("assets.xlsx", file), user=maya)

    assert (first.draft.code, first.errors) == ("TILL", [])
    assert "has no code" in " ".join(second.errors)


def test_a_title_merged_over_the_headings_is_refused_with_what_to_do():
    def title(sheet):
        sheet.insert_rows(1)
        sheet["A1"] = "Our assets 2026"
        sheet.merge_cells("A1:C1")

    file = io.BytesIO(workbook(["Code", "Name", "Zone"], ["TILL", "Tills", "north"], change=title))

    with pytest.raises(UnreadableAssetsError, match="the first row must hold the headings"):
        read_assets("assets.xlsx", file)


def test_a_formula_counts_as_what_was_last_worked_out_and_never_as_a_formula():
    content = workbook(["Code", "Name"], ["TILL", '=HYPERLINK("http://evil/","x")'])

    (draft,) = read_assets("assets.xlsx", io.BytesIO(content))
    table = read_table(workbook(["Title", "Cause"], ["Tills stop", "=cmd|' /C calc'!A0"]))

    # Nobody has ever opened this workbook, so nothing was worked out: the cell is empty.
    assert "name" not in draft.facts
    assert table[1][1] == ["Tills stop"]


def test_a_million_claimed_rows_end_where_the_table_ends():
    def claim(sheet):
        for row in range(4, MOST_EMPTY + 400):
            sheet.cell(row=row, column=1).font = Font(bold=True)
        sheet.cell(row=1_000_000, column=1).font = Font(bold=True)

    content = workbook(["Code", "Name"], ["TILL", "Tills"], ["DB", "Database"], change=claim)

    assert len(read_sheet(io.BytesIO(content)).rows) == 2
    assert [line for line, _cells in read_table(content)] == [1, 2, 3]
