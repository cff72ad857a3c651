"""Other monitors' formats: what each says, and a clear sentence when it says nothing."""

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.adapters.alertmanager import read_alertmanager
from telemetry.adapters.external import UnreadableDeliveryError, moment_of, severity_of
from telemetry.adapters.generic import find, read_generic
from telemetry.adapters.ping import Ping, PingKind, read_ping

NEVER = "0001-01-01T00:00:00Z"
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["alerts", "labels", "status", "key", "a"]), inner)
    ),
    max_leaves=8,
)


def alert(**fields):
    base = {
        "status": "firing",
        "labels": {"alertname": "LagHigh", "site": "SBY-02", "severity": "critical"},
        "annotations": {"summary": "Lag 400 s"},
        "startsAt": "2026-03-02T11:58:57.225183721Z",
        "endsAt": NEVER,
        "fingerprint": "6a71b452c8fd0223",
    }
    return base | fields


def test_a_firing_alert_is_read():
    (read,) = read_alertmanager({"alerts": [alert()]})

    assert (read.key, read.is_firing, read.severity) == ("6a71b452c8fd0223", True, 1)
    assert (read.site_code, read.title) == ("SBY-02", "Lag 400 s")
    assert read.started_at == datetime(2026, 3, 2, 11, 58, 57, 225183, tzinfo=UTC)
    assert read.ended_at is None


def test_one_alert_of_a_group_may_be_over():
    group = [alert(), alert(status="resolved", fingerprint="b", endsAt="2026-03-02T12:00:00Z")]

    assert [read.is_firing for read in read_alertmanager({"alerts": group})] == [True, False]


def test_without_a_status_the_year_one_means_still_firing():
    still, over = alert(), alert(endsAt="2026-03-02T12:00:00Z")
    del still["status"], over["status"]

    read = read_alertmanager({"alerts": [still, over]})

    assert [entry.is_firing for entry in read] == [True, False]


def test_an_alert_without_fingerprint_is_known_by_its_labels():
    bare = alert()
    del bare["fingerprint"]

    first, again = read_alertmanager({"alerts": [bare, bare]})

    assert first.key == again.key != ""


@pytest.mark.parametrize("content", [None, [], "x", {}, {"alerts": 5}, {"alerts": [{}, 7]}])
def test_what_is_no_delivery_is_refused_with_a_sentence(content):
    with pytest.raises(UnreadableDeliveryError, match=r"\.$|\?$"):
        read_alertmanager(content)


@given(ANY_JSON)
def test_no_delivery_breaks_the_reader(content):
    with contextlib.suppress(UnreadableDeliveryError):
        assert read_alertmanager(content) is not None


MAPPING = {"items": "checks", "key": "id", "title": "text", "status": "state.now", "site": "where"}


def test_a_mapping_finds_every_fact():
    content = {"checks": [{"id": 7, "text": "Disk full", "state": {"now": "CRIT"}, "where": "X"}]}

    (read,) = read_generic(content, MAPPING)

    assert (read.key, read.title, read.is_firing, read.site_code) == ("7", "Disk full", True, "X")


def test_the_usual_words_for_over_are_known():
    content = {"checks": [{"id": 7, "text": "Disk", "state": {"now": "OK"}}]}

    assert not read_generic(content, MAPPING)[0].is_firing


@pytest.mark.parametrize(
    ("content", "mapping"),
    [
        ({}, {"title": "t"}),
        ({}, {"key": "k", "title": "t", "colour": "c"}),
        ({"checks": 5}, MAPPING),
        ({"checks": []}, MAPPING),
        ({"checks": [{"text": "no key"}]}, MAPPING),
    ],
)
def test_what_the_mapping_cannot_read_is_refused_with_a_sentence(content, mapping):
    with pytest.raises(UnreadableDeliveryError, match=r"\.$"):
        read_generic(content, mapping)


@given(ANY_JSON)
def test_no_content_breaks_the_generic_reader(content):
    with contextlib.suppress(UnreadableDeliveryError):
        assert read_generic(content, {"key": "key", "title": "a"})


@pytest.mark.parametrize(
    ("path", "found"), [("a.1.b", 2), ("a.7", None), ("a.x", None), ("", {"a": [1, {"b": 2}]})]
)
def test_a_path_is_followed_or_leads_nowhere(path, found):
    assert find({"a": [1, {"b": 2}]}, path) == found


@pytest.mark.parametrize(
    ("ending", "said"),
    [
        ("", Ping(PingKind.DONE)),
        ("start", Ping(PingKind.START)),
        ("fail", Ping(PingKind.FAIL)),
        ("0", Ping(PingKind.DONE, 0)),
        ("3", Ping(PingKind.FAIL, 3)),
    ],
)
def test_a_ping_is_understood(ending, said):
    assert read_ping(ending) == said


@pytest.mark.parametrize("ending", ["stop", "256", "-1", "1.5", "٣"])
def test_another_ending_is_refused(ending):
    with pytest.raises(UnreadableDeliveryError):
        read_ping(ending)


def test_words_for_severity_are_translated():
    assert [severity_of(w) for w in ("Critical", "high", "warn", "info", "odd", "")] == [
        1, 2, 3, 4, 3, 3,
    ]  # fmt: skip


@pytest.mark.parametrize("text", [NEVER, "yesterday", "2026-03-02T12:00:00", 5, "2026-99-99T1Z"])
def test_what_is_no_moment_is_unknown(text):
    assert moment_of(text) is None
