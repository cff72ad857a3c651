"""Spans as people type them: what is shown in a form reads back as the same."""

from datetime import timedelta

import pytest
from django.utils import translation

from bcp_portal.shared.durations import (
    DurationFormField,
    format_duration,
    parse_duration,
    write_duration,
)

SPANS = [
    timedelta(seconds=seconds)
    for seconds in (0, 1, 59, 60, 5400, 86_400, 91_800, 86_400 * 3 + 3_661, 604_800)
]


@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize("span", SPANS)
def test_what_a_form_shows_reads_back_as_the_same_span(language, span):
    with translation.override(language):
        assert parse_duration(write_duration(span)) == span
        assert DurationFormField().prepare_value(span) == write_duration(span)


@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize("span", [timedelta(days=2), timedelta(hours=3), timedelta(minutes=5)])
def test_what_a_page_shows_can_be_typed(language, span):
    with translation.override(language):
        assert parse_duration(format_duration(span)) == span


@pytest.mark.parametrize("text", ["-5m", "1000 y", "5000d", "1e9", "soon", "h", "", "1:99:99:1"])
def test_what_is_no_duration_is_refused_with_a_sentence(text):
    with pytest.raises(ValueError, match=r"duration|unit of time|ten years"):
        parse_duration(text)
