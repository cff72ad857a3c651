"""A file holds exactly what the screen shows, typed, and never as a formula."""

import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from openpyxl import load_workbook

from bcp_portal.shared import lists
from bcp_portal.shared.lists.sheet_writer import guard_text, unguard_text, write_csv, write_xlsx
from tests.shared.lists_scene import (
    NOON,
    Reader,
    ask,
    csv_lines,
    make_person,
    make_spec,
    names,
    xlsx_rows,
)

EVIL = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    "  =cmd|' /C calc'!A0",
    "\u00a0=1",
    "'=1",
    " \t@x",
    "\x01=1",
    "\x00\u200b=1",
]


@pytest.fixture
def _alone(settings, monkeypatch):
    # What other rooms lend to lists is tested with those rooms.
    monkeypatch.setattr("bcp_portal.shared.lists.registry._kept", [])
    monkeypatch.setattr("bcp_portal.shared.lists.registry._hooks", [])
    settings.ROOT_URLCONF = "tests.shared.list_urls"


@pytest.mark.parametrize("text", EVIL)
def test_text_that_would_be_a_formula_is_guarded_and_comes_back(text):
    guarded = guard_text(text)

    assert guarded.startswith("'")
    assert unguard_text(guarded) == text


@pytest.mark.parametrize("text", ["Gudang 7", "", "O'Brien", "a=b", "søren 水", "12-3"])
def test_harmless_text_is_left_alone(text):
    assert guard_text(text) == text
    assert unguard_text(text) == text


@pytest.mark.parametrize("text", EVIL)
def test_no_cell_of_a_workbook_is_a_formula(text):
    file = io.BytesIO()

    write_xlsx(file, [text], [[text]])

    cells = [cell for row in load_workbook(file).active.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.value.startswith("'") for cell in cells)


def test_numbers_days_and_moments_stay_what_they_are():
    file = io.BytesIO()
    moment = datetime(2026, 3, 31, 17, 30, tzinfo=UTC)

    write_xlsx(
        file,
        ["n", "d", "m", "t", "s", "none"],
        [[-5, Decimal("-1.5"), moment, date(2026, 1, 2), timedelta(hours=30), None]],
    )

    sheet = load_workbook(file).active
    values = [cell.value for cell in sheet[2]]
    assert values[:2] == [-5, -1.5]
    assert values[2] == datetime(2026, 3, 31, 17, 30)  # noqa: DTZ001 - a sheet knows no zones
    assert values[3].date() == date(2026, 1, 2)
    assert values[4] == timedelta(hours=30)
    assert sheet.freeze_panes == "A2"


def test_negative_numbers_in_a_csv_are_numbers():
    file = io.BytesIO()

    write_csv(file, ["n", "text"], [[-5, "-5"]])

    assert file.getvalue().decode("utf-8-sig") == "n,text\r\n-5,'-5\r\n"


def test_words_that_look_like_errors_are_words():
    file = io.BytesIO()

    write_xlsx(file, ["a"], [["#N/A"], ["#REF!"], ["plain"]])

    cells = [row[0] for row in load_workbook(file).active.iter_rows(min_row=2)]
    assert [(cell.value, cell.data_type) for cell in cells] == [
        ("#N/A", "s"),
        ("#REF!", "s"),
        ("plain", "s"),
    ]


def test_characters_that_no_workbook_may_hold_are_left_out():
    file = io.BytesIO()

    write_xlsx(file, ["a"], [["bell\x07 and more"], ["x" * 50_000]])

    rows = list(load_workbook(file).active.iter_rows(values_only=True))
    assert rows[1] == ("bell and more",)
    assert len(rows[2][0]) == 32_000


@pytest.mark.django_db
@pytest.mark.usefixtures("_alone")
class TestExportOfAList:
    def test_the_file_equals_the_screen_over_all_pages(self):
        for number in range(70):
            make_person(f"p{number:02}", is_active=number % 2 == 0)
        question = "?active=True&sort=-username&cols=email&per=25"

        screen = names(question) + names(question + "&page=2")
        lines = csv_lines(question + "&export=csv&page=2")
        rows = xlsx_rows(question + "&export=xlsx")

        assert lines[0] == "Name,Mail"
        assert [line.split(",")[0] for line in lines[1:]] == screen
        assert [row[0] for row in rows[1:]] == screen
        assert len(screen) == 35

    def test_moments_are_in_the_readers_zone_and_say_so(self, settings):
        settings.TIME_ZONE = "Asia/Jakarta"
        make_person("ani", date_joined=datetime(2026, 3, 31, 17, 30, tzinfo=UTC))

        assert "2026-04-01T00:30:00+07:00" in csv_lines("?export=csv")[1]
        head, row = xlsx_rows("?export=xlsx&cols=date_joined")
        assert head[1] == "Joined (Asia/Jakarta)"
        assert row[1] == datetime(2026, 4, 1, 0, 30)  # noqa: DTZ001 - a sheet knows no zones

    def test_what_somebody_may_not_see_is_not_in_the_file(self):
        make_person("ani", password="hush-hush")

        assert "hush-hush" not in "".join(csv_lines("?export=csv&cols=username,password"))

    def test_an_export_may_need_a_permission_of_its_own(self):
        spec = make_spec(export_perm="p.export")

        with pytest.raises(PermissionDenied):
            ask("?export=csv", spec=spec)

        assert csv_lines("?export=csv", spec=spec, user=Reader("p.export"))

    def test_everybody_who_asked_is_told_of_an_export(self, monkeypatch):
        told = []
        lists.register_export_hook(told.append)
        make_person("ani")

        csv_lines("?export=csv&q=ani", spec=make_spec(on_export=told.append))

        assert len(told) == 2
        assert (told[0].list_name, told[0].rows, told[0].query) == ("tests.people", 1, "?q=ani")
        assert told[0].at == NOON

    def test_an_unknown_format_is_a_page(self):
        make_person("ani")

        assert ask("?export=exe").status_code == 200
        assert not ask("?export=exe").streaming
