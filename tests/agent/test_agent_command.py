"""The command adapter: what a foreign program may print, and what it cannot do to us."""

import json
import sys
import time
from datetime import UTC, datetime

import pytest

from siaga_agent.adapters import AdapterError, make_adapter
from siaga_agent.clock import Clock
from siaga_agent.shape import STREAM, STREAM_NEEDS, ShapeError, fit
from siaga_agent.watch import AdapterWatch
from tests.agent.make_agent import NOON, make_outbox, session


def adapter(program, **settings):
    told = {"kind": "command", "name": "own", "command": [sys.executable, "-c", program]}
    return make_adapter(told | settings)


def watch(program, outbox, **settings):
    return AdapterWatch(adapter(program, **settings), outbox, clock=Clock())


def printing(told):
    return f"print({json.dumps(told)!r})"


def look(program, **settings):
    return adapter(program, **settings).gather({}, at=datetime.now(UTC))


def test_streams_sessions_and_conflicts_are_read(tmp_path):
    outbox = make_outbox(tmp_path)
    conflict = {
        "conflict_id": "c-1",
        "entity": "price",
        "key": "OLI",
        "versions": [{"source": "a", "rev": "1"}, {"source": "b", "rev": "2"}],
    }
    told = {
        "streams": [{"name": "sales", "pending_records": 4, "colour": "red"}],
        "sync_sessions": [session(), {"stream": "no id"}],
        "conflicts": [conflict],
    }
    watched = watch(printing(told), outbox)

    watched.look()
    watched.look()

    assert watched.last_look.streams == {"sales": {"name": "sales", "pending_records": 4}}
    assert [item.item["kind"] for item in outbox.waiting(newest_first=True)] == [
        "sync_session",
        "conflict",
    ]


def test_the_cursor_comes_back_at_the_next_look(tmp_path):
    program = (
        "import os, json; n = json.loads(os.environ['SIAGA_CURSOR']).get('n', 0);"
        "print(json.dumps({'streams': [{'name': 's', 'pending_records': n}],"
        " 'cursor': {'n': n + 1}}))"
    )
    outbox = make_outbox(tmp_path)
    watched = watch(program, outbox)

    seen = []
    for _ in range(3):
        watched.look()
        seen.append(watched.last_look.streams["s"]["pending_records"])

    assert seen == [0, 1, 2]


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("print('hello')", "not_json"),
        ("print('[1]')", "not_json"),
        ("print('[' * 100000)", "not_json"),
        ("import sys; sys.exit(3)", "failed"),
        ("print('x' * 3_000_000)", "too_large"),
        ("import time; time.sleep(60)", "timeout"),
    ],
)
def test_a_program_that_misbehaves_is_an_error_with_a_name(program, code):
    with pytest.raises(AdapterError) as refusal:
        look(program, timeout_s=1)

    assert refusal.value.code == code


def test_a_grandchild_that_keeps_running_does_not_hold_us_up():
    program = (
        "import subprocess, sys; subprocess.Popen([sys.executable, '-c', "
        "'import time; time.sleep(60)']); print('{}')"
    )
    began = time.monotonic()

    look(program, timeout_s=10)

    assert time.monotonic() - began < 8


def test_a_program_that_is_not_there_cannot_start():
    with pytest.raises(AdapterError) as refusal:
        look("", command=["/no/such/program"])

    assert refusal.value.code == "cannot_start"


def test_freeze_and_thaw_run_their_commands(tmp_path):
    touch = [sys.executable, "-c", "import sys; open(sys.argv[1], 'w')"]
    own = adapter("print('{}')", freeze=[*touch, f"{tmp_path}/{{stream}}.frozen"])

    own.freeze("sales")

    assert (tmp_path / "sales.frozen").exists()
    with pytest.raises(AdapterError, match="no thaw command"):
        own.thaw("sales")


def test_an_engine_that_fell_silent_is_told_once_and_counted(tmp_path):
    outbox = make_outbox(tmp_path)
    watched = watch("raise SystemExit(1)", outbox, streams=["sales"])

    for _ in range(3):
        watched.look()

    told = [stored.item for stored in outbox.waiting(newest_first=True)]
    assert [(item["outcome"], item["errors"][0]["code"]) for item in told] == [
        ("failed", "engine_failed")
    ]
    assert watched.last_look.streams["sales"]["consecutive_failures"] == 3


def test_a_sync_that_stops_or_works_again_calls_for_a_heartbeat(tmp_path):
    turns, told = [], tmp_path / "told.json"
    watched = AdapterWatch(
        adapter(f"print(open({str(told)!r}).read())"),
        make_outbox(tmp_path),
        clock=Clock(),
        on_turn=lambda: turns.append(len(turns)),
    )
    seen = []
    for outcome, frozen in (("ok", 0), ("failed", 0), ("failed", 0), ("ok", 0), ("ok", 1)):
        stream = {"sync_sessions": [session(outcome=outcome)], "frozen": ["sales"] * frozen}
        told.write_text(json.dumps(stream))
        watched.look()
        seen.append(len(turns))

    assert seen == [0, 1, 1, 2, 3]


def test_a_program_shared_by_a_shell_string_is_refused():
    with pytest.raises(AdapterError, match="list of words"):
        make_adapter({"kind": "command", "name": "own", "command": "echo {}"})


@pytest.mark.parametrize("settings", [{"kind": "ftp"}, {}, {"kind": "syncthing"}])
def test_settings_that_cannot_work_are_named(settings):
    with pytest.raises(AdapterError):
        make_adapter(settings)


def test_what_does_not_fit_is_left_out_and_named():
    told = {
        "name": "n" * 100,
        "pending_records": 3.0,
        "oldest_pending_at": "yesterday",
        "last_sync_ok_at": "2026-11-22T19:00:00+07:00",
    }

    fitted, problems = fit(told, STREAM, STREAM_NEEDS)

    assert fitted == {
        "name": "n" * 64,
        "pending_records": 3,
        "last_sync_ok_at": NOON.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    }
    assert problems == ["oldest_pending_at: must be an RFC 3339 time with its zone"]


@pytest.mark.parametrize("told", [None, [], {"name": "x"}, {"name": "x", "pending_records": -1}])
def test_what_lacks_its_core_does_not_fit(told):
    with pytest.raises(ShapeError):
        fit(told, STREAM, STREAM_NEEDS)


def test_strange_values_never_break_the_agent(tmp_path):
    def conflict(name, values):
        versions = [{"source": "a", "rev": "1", "values": values}, {"source": "b", "rev": "2"}]
        return {"conflict_id": name, "entity": "e", "key": "\ud800", "versions": versions}

    told = {
        "streams": [{"name": "\ud800", "pending_records": 10**30}],
        "conflicts": [conflict("1", {"x": "INFINITE"}), conflict("2", {"x": "y" * 300_000})],
    }
    (tmp_path / "told.json").write_text(json.dumps(told).replace('"INFINITE"', "1e999"))
    outbox = make_outbox(tmp_path)
    watched = watch(f"print(open({str(tmp_path / 'told.json')!r}).read())", outbox)

    watched.look()

    assert watched.last_look.streams == {}
    kept = [stored.item for stored in outbox.waiting(newest_first=True)]
    assert [(item["key"], item["versions"][0].get("values")) for item in kept] == [("?", None)]


def test_an_engine_that_answers_in_another_shape_fails_its_look_only(tmp_path):
    outbox = make_outbox(tmp_path)
    watched = watch(printing({"frozen": 7}), outbox, streams=["sales"])

    watched.look()

    assert "unexpected" in watched.last_look.error
