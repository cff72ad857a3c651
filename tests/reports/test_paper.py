"""The paper of the house: every part prints, what people wrote stays text, figures are true."""

import subprocess
from datetime import timedelta

import pytest

from bcp_portal.reports.charts import (
    Bar,
    Lane,
    Point,
    Span,
    bars_against_targets,
    heat_map,
    swim_lanes,
)
from bcp_portal.reports.paper import PaperColumn, house_assets, paper_table
from bcp_portal.reports.render import Attachment
from bcp_portal.reports.renderer import html_to_pdf, stop_renderer
from bcp_portal.shared.hashing import canonical_json
from tests.reports.specimen import MINUTE, START, lanes, specimen


@pytest.fixture(scope="module", autouse=True)
def _renderer():
    yield
    stop_renderer()


def printed(built):
    facts = Attachment("report.json", canonical_json(built.payload), "Facts", "Source")
    return html_to_pdf(
        built.html, assets=built.assets, attachments=[facts], variant="pdf/a-3b", at=START
    )


def test_a_report_with_one_of_everything_prints_without_complaint(tmp_path):
    paper = printed(specimen())
    path = tmp_path / "p.pdf"
    path.write_bytes(paper.bytes)
    text = subprocess.run(
        ["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True
    ).stdout

    assert (paper.complaints, paper.refused, paper.pages) == ((), (), 6)
    assert "Page 5 of 6" in text
    assert text.count("INC-14") >= 6  # on the cover and at the head of every page
    assert "Cut fibre <script>" in text


def test_a_report_of_five_hundred_rows_has_its_head_on_every_page(tmp_path):
    paper = printed(specimen(rows=500))
    path = tmp_path / "p.pdf"
    path.write_bytes(paper.bytes)
    page = subprocess.run(
        ["pdftotext", "-f", "8", "-l", "8", "-layout", str(path), "-"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert paper.pages > 15
    assert paper.peak_bytes < 500_000_000
    assert "What" in page


def test_the_same_moment_gives_the_same_paper():
    assert printed(specimen()).sha256 == printed(specimen()).sha256
    assert printed(specimen(at=START + MINUTE)).sha256 != printed(specimen()).sha256


def test_the_cover_names_the_organisation(settings):
    settings.ORGANISATION = "Toko Maju"

    assert "TOKO MAJU" in specimen().html


def test_the_paper_asks_for_nothing_but_its_own_assets():
    css = house_assets()["paper.css"].decode()

    assert set(house_assets()) == {"paper.css", "inter-latin.ttf", "inter-latin-ext.ttf"}
    assert css.count("url(") == css.count('url("asset:')


def test_a_lane_is_as_long_as_it_lasted_and_open_ones_are_dashed():
    svg = swim_lanes(
        [Lane("x", [Span("a", START, START + 30 * MINUTE), Span("b", START + 30 * MINUTE)])],
        start=START,
        end=START + 60 * MINUTE,
    )

    assert svg.count('width="280.0"') == 2
    assert svg.count('stroke-dasharray="3 2"') == 1


def test_what_lies_outside_the_axis_stays_on_the_paper():
    svg = swim_lanes(
        [Lane("x", [], [Point("early", START - MINUTE), Point("late", START + 9 * MINUTE)])],
        start=START,
        end=START + 5 * MINUTE,
    )

    assert "translate(130.0 47.0)" in svg
    assert "translate(690.0 47.0)" in svg


def test_names_in_figures_stay_text():
    assert "&lt;b&gt;" in lanes()
    assert "<b>" not in lanes()


def test_an_unknown_time_is_not_drawn_as_zero():
    svg = bars_against_targets([Bar("Loyalty", None, timedelta(hours=8))])

    assert "not known" in svg
    assert "<rect" not in svg


def test_a_missed_target_says_by_how_much():
    svg = bars_against_targets([Bar("Till", timedelta(minutes=192), timedelta(minutes=150))])

    assert "3 h 12 min (+42 min)" in svg


def test_figures_of_nothing_are_still_figures():
    assert swim_lanes([], start=START, end=START).startswith("<svg")
    assert bars_against_targets([]).startswith("<svg")
    assert heat_map([], [], [], []).startswith("<svg")


def test_a_row_of_the_wrong_width_is_refused():
    with pytest.raises(ValueError, match="argument"):
        paper_table([PaperColumn("a")], [("1", "2")])
