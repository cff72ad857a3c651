"""The words and signs that every page is written with."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.template import Context, Template
from django.utils import timezone, translation

from bcp_portal.shared.templatetags.siaga import day, filesize_short, initials, markdown

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def render(source: str, **values: object) -> str:
    values.setdefault("frame", SimpleNamespace(now=NOON))
    return Template("{% load siaga %}" + source).render(Context(values))


def test_a_badge_carries_the_stored_word_as_its_class():
    shown = render('{% badge "false_alarm" "False alarm" %}')

    assert "status-false-alarm" in shown
    assert "False alarm" in shown


def test_a_day_is_written_as_its_reader_writes_it():
    with translation.override("en"):
        assert day(date(2026, 8, 27)) == "27 Aug 2026"
    with translation.override("id"):
        assert day(date(2026, 8, 27)) == "27 Agu 2026"
    assert day(None) == ""


def test_nothing_stored_is_shown_as_unknown():
    assert "status-unknown" in render("{% badge value %}", value=None)


@pytest.mark.parametrize("value", [2, "2", "S2", "s2"])
def test_a_severity_may_be_given_in_any_usual_way(value):
    assert ">S2<" in render("{% severity value %}", value=value)


def test_an_unknown_severity_is_not_a_low_one():
    assert "severity-unknown" in render("{% severity value %}", value=None)


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=4), "4 min ago"),
        (timedelta(hours=3, minutes=10), "3 h ago"),
        (timedelta(days=2), "2 d ago"),
        (timedelta(minutes=-5), "in 5 min"),
        (timedelta(days=60), "1 Jan 2026"),
    ],
)
def test_a_moment_is_said_relative_to_now(ago, words):
    assert f">{words}<" in render("{% when moment %}", moment=NOON - ago)


def test_a_moment_tells_its_zone_and_utc_on_hover():
    with timezone.override("Asia/Jakarta"):
        shown = render("{% when moment %}", moment=NOON)

    assert "19:00:00 WIB" in shown
    assert "12:00 UTC" in shown


def test_the_zone_of_the_site_stands_beside_the_readers():
    with timezone.override("Asia/Jakarta"):
        shown = render('{% when moment zone="Asia/Jayapura" %}', moment=NOON)

    assert "21:00 WIT" in shown


@pytest.mark.parametrize(
    ("left", "words", "state"),
    [
        (timedelta(minutes=47, seconds=12), "0:47:12", "is-ok"),
        (timedelta(minutes=4), "0:04:00", "is-warn"),
        (timedelta(minutes=-3, seconds=-10), "+0:03:10", "is-over"),
    ],
)
def test_a_clock_counts_down_and_on_beyond(left, words, state):
    shown = render("{% clock deadline %}", deadline=NOON + left)

    assert f">{words}<" in shown
    assert state in shown


def test_a_clock_without_a_deadline_is_unknown():
    assert "is-unknown" in render("{% clock deadline %}", deadline=None)


def test_a_stopped_clock_does_not_tick():
    shown = render("{% clock deadline stopped=at %}", deadline=NOON, at=NOON - timedelta(minutes=5))

    assert "0:05:00" in shown
    assert "data-clock" not in shown


def test_an_unknown_duration_is_said_to_be_unknown():
    assert render("{{ value|duration }}", value=None) == "unknown"


def test_a_duration_is_said_with_its_units():
    assert render("{{ value|duration }}", value=timedelta(minutes=80)) == "1 h 20 min"


@pytest.mark.parametrize("href", ["//evil.example", "javascript:alert(1)"])
def test_markdown_leads_to_no_foreign_place_in_disguise(href):
    assert "href" not in markdown(f"[x]({href})")


def test_markdown_keeps_no_html_of_its_author():
    assert "<script" not in markdown("<script>alert(1)</script>")


def test_a_gap_in_what_is_known_is_a_gap_in_the_line():
    assert render("{% sparkline numbers %}", numbers=[1, 2, None, 3, 4]).count("<polyline") == 2


def test_a_line_of_nothing_says_so():
    assert "no data" in render("{% sparkline numbers %}", numbers=[None])


def test_an_unknown_share_is_not_an_empty_bar():
    assert "meter-unknown" in render("{% meter value 10 %}", value=None)


def test_sizes_are_short():
    assert filesize_short(38_400_000) == "38.4 MB"


def test_two_letters_stand_for_a_person():
    assert initials("Dewi Sartika") == "DS"


def test_words_are_escaped():
    assert "<b>" not in render("{% badge 'x' label %}", label="<b>")


def test_the_heading_is_the_title_unless_a_page_says_more():
    source = "{% extends 'base.html' %}{% block title %}Sites{% endblock %}"
    frame = SimpleNamespace(now=NOON, signed_in=True, rail="", words="{}")
    request = SimpleNamespace(user="dewi", build_absolute_uri="/", get_full_path="/")
    with translation.override("en"):
        shown = Template(source).render(Context({"frame": frame, "request": request}))

    assert "Sites</h1>" in shown
