"""The file adapter: what a program wrote down, and what it can no longer say."""

import json
import os
import sys
from datetime import UTC, datetime, timedelta

import pytest

from siaga_agent.adapters import AdapterError, make_adapter
from siaga_agent.clock import Clock
from siaga_agent.watch import AdapterWatch
from tests.agent.make_agent import make_outbox, session

TOLD = {
    "streams": [{"name": "sales", "pending_records": 4}],
    "sync_sessions": [session()],
    "frozen": ["sales"],
}


def adapter(path, **settings):
    told = {"kind": "file", "name": "own", "streams": ["sales"], "path": str(path)}
    return make_adapter(told | settings)


def written(path, text, *, seconds_ago=0):
    path.write_text(text)
    when = datetime.now(UTC).timestamp() - seconds_ago
    os.utime(path, (when, when))
    return path


def test_a_file_is_read_like_what_a_command_prints(tmp_path):
    path = written(tmp_path / "state.json", json.dumps(TOLD))
    outbox = make_outbox(tmp_path)
    watched = AdapterWatch(adapter(path), outbox, clock=Clock())

    watched.look()
    watched.look()

    assert watched.last_look.streams == {"sales": {"name": "sales", "pending_records": 4}}
    assert watched.last_look.frozen == {"sales"}
    assert len(outbox.waiting(newest_first=True)) == 1


@pytest.mark.parametrize(
    ("text", "seconds_ago", "code"),
    [
        (json.dumps(TOLD), 400, "stale"),
        (json.dumps(TOLD), -400, "stale"),
        ('{"streams": [', 0, "not_json"),
        ("[]", 0, "not_json"),
        ("x" * 3_000_000, 0, "too_large"),
    ],
)
def test_a_file_that_cannot_be_trusted_is_an_error_with_a_name(tmp_path, text, seconds_ago, code):
    path = written(tmp_path / "state.json", text, seconds_ago=seconds_ago)

    with pytest.raises(AdapterError) as refusal:
        adapter(path).gather({}, at=datetime.now(UTC))

    assert refusal.value.code == code


def test_a_file_that_is_not_there_is_an_error_with_a_name(tmp_path):
    with pytest.raises(AdapterError) as refusal:
        adapter(tmp_path / "none.json").gather({}, at=datetime.now(UTC))

    assert refusal.value.code == "no_file"


def test_how_old_a_file_may_be_is_a_setting(tmp_path):
    path = written(tmp_path / "state.json", json.dumps(TOLD), seconds_ago=400)

    found = adapter(path, stale_after_s=600).gather({}, at=datetime.now(UTC) + timedelta(seconds=1))

    assert found.streams == TOLD["streams"]


def test_the_figures_of_a_stale_file_stay_and_its_failures_count(tmp_path):
    path = written(tmp_path / "state.json", json.dumps(TOLD))
    outbox = make_outbox(tmp_path)
    watched = AdapterWatch(adapter(path), outbox, clock=Clock())
    watched.look()
    written(path, json.dumps(TOLD), seconds_ago=400)

    for _ in range(2):
        watched.look()

    assert watched.last_look.streams["sales"]["pending_records"] == 4
    assert watched.last_look.streams["sales"]["consecutive_failures"] == 2
    kept = [stored.item for stored in outbox.waiting(newest_first=True)]
    assert [e["code"] for item in kept for e in item.get("errors", ())] == ["engine_stale"]


def test_a_file_is_frozen_by_a_command(tmp_path):
    touch = [sys.executable, "-c", "import sys; open(sys.argv[1], 'w')"]
    path = written(tmp_path / "state.json", json.dumps(TOLD))

    adapter(path, freeze=[*touch, f"{tmp_path}/{{stream}}.frozen"]).freeze("sales")

    assert (tmp_path / "sales.frozen").exists()
