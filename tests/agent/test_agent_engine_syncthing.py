"""The Syncthing adapter on a real pair, with the traps that the real engine sets."""

import time
from datetime import UTC, datetime

import pytest

from siaga_agent.adapters import make_adapter
from siaga_agent.adapters.base import AdapterError
from siaga_agent.clock import parse_instant
from siaga_agent.shape import (
    CONFLICT,
    CONFLICT_NEEDS,
    SESSION,
    SESSION_NEEDS,
    STREAM,
    STREAM_NEEDS,
    fit,
)
from tests.agent.engines import missing_engine, syncthing_pair, wait_until

pytestmark = [
    pytest.mark.engines,
    pytest.mark.skipif(bool(missing_engine("syncthing")), reason="needs Debian's syncthing"),
]


@pytest.fixture(scope="module")
def running():
    with syncthing_pair() as pair:
        yield pair


@pytest.fixture
def pair(running):
    if running.link.mode != "pass":
        running.restore()
    running.wait_in_step()
    return running


class Looker:
    """An adapter with its cursor, as the agent would keep it."""

    def __init__(self, settings):
        self.adapter, self.cursor = make_adapter(settings), {}
        self.sessions, self.conflicts = [], []

    def look(self):
        found = self.adapter.gather(self.cursor, at=datetime.now(UTC))
        self.cursor = found.cursor
        for told in found.sessions:
            fitted, problems = fit(told, SESSION, SESSION_NEEDS)
            assert problems == []
            self.sessions.append(fitted)
        for told in found.conflicts:
            fitted, problems = fit(told, CONFLICT, CONFLICT_NEEDS)
            assert problems == []
            self.conflicts.append(fitted)
        stream, problems = fit(found.streams[0], STREAM, STREAM_NEEDS)
        assert problems == []
        self.frozen = found.frozen
        return stream


def edit_on_both_sides(pair, name):
    """The same file, edited at both ends of a cut link; the centre's edit is the younger one."""
    (pair.branch.folder / name).write_text("first")
    pair.wait_in_step()
    pair.cut()
    (pair.branch.folder / name).write_text("branch says ten")
    pair.branch.rescan()
    time.sleep(1.1)
    (pair.centre.folder / name).write_text("centre says twelve")
    pair.centre.rescan()
    pair.restore()
    pair.wait_in_step()


def test_a_cut_link_makes_the_queue_stand_and_the_clock_run(pair):
    looker = Looker(pair.branch_settings())
    wait_until(lambda: "last_sync_ok_at" in looker.look())
    pair.cut()
    for number in range(3):
        (pair.branch.folder / f"dark-{number}.csv").write_text("x" * 1000)
    pair.branch.rescan()
    dark = wait_until(lambda: (seen := looker.look())["pending_records"] == 3 and seen)
    time.sleep(1)
    later = looker.look()

    assert dark["pending_bytes"] == 3000
    assert later["oldest_pending_at"] == dark["oldest_pending_at"]
    assert parse_instant(later["last_sync_ok_at"]) < parse_instant(dark["oldest_pending_at"])

    pair.restore()
    drained = wait_until(lambda: (seen := looker.look())["pending_records"] == 0 and seen)
    wait_until(lambda: looker.look() and _pushes(looker))
    assert "oldest_pending_at" not in drained
    assert _pushes(looker)[-1]["records_out"] == 3
    assert _pushes(looker)[-1]["trigger"] == "reconnect"


def _pushes(looker):
    return [
        told for told in looker.sessions if told["direction"] == "push" and told["outcome"] == "ok"
    ]


def test_what_arrives_is_a_pull_session_at_the_other_end(pair):
    looker = Looker(pair.centre_settings())
    looker.look()
    before = len(looker.sessions)
    (pair.branch.folder / "arrives.csv").write_text("y")
    pair.wait_in_step()

    wait_until(lambda: looker.look() and looker.sessions[before:])

    assert looker.sessions[-1]["direction"] == "pull"
    assert looker.sessions[-1]["outcome"] == "ok"


def test_both_ends_tell_of_the_same_conflict(pair):
    lookers = [Looker(pair.branch_settings()), Looker(pair.centre_settings())]
    for looker in lookers:
        looker.look()
        looker.conflicts.clear()

    edit_on_both_sides(pair, "price list.csv")
    for looker in lookers:
        wait_until(lambda looker=looker: looker.look() and looker.conflicts)

    one, other = (looker.conflicts[0] for looker in lookers)
    assert one["conflict_id"] == other["conflict_id"]
    assert one["key"] == "price list.csv"
    assert len(one["versions"]) == 2
    assert {"wall_at", "source", "rev"} <= set(one["versions"][1])


def test_an_agent_that_was_away_finds_the_conflicts_that_are_there(pair):
    edit_on_both_sides(pair, "away.csv")

    looker = Looker(pair.branch_settings())
    looker.look()

    assert "away.csv" in [conflict["key"] for conflict in looker.conflicts]


@pytest.mark.parametrize("freeze_by", ["device", "folder"])
def test_freeze_stops_the_exchange_and_thaw_lets_it_go_on(pair, freeze_by):
    looker = Looker(pair.branch_settings(freeze_by=freeze_by))
    looker.adapter.freeze("stock")
    wait_until(lambda: looker.look() and looker.frozen)
    name = f"frozen-{freeze_by}.csv"
    (pair.branch.folder / name).write_text("z")
    time.sleep(2)

    assert looker.frozen == {"stock"}
    assert not (pair.centre.folder / name).exists()

    looker.adapter.thaw("stock")
    wait_until(pair.is_connected)
    pair.wait_in_step()
    looker.look()
    assert looker.frozen == frozenset()


def test_a_wrong_key_is_an_error_with_a_name(pair):
    looker = Looker(pair.branch_settings(api_key="wrong"))

    with pytest.raises(AdapterError) as refusal:
        looker.look()

    assert refusal.value.code == "forbidden"


def test_without_conflict_copies_the_setting_itself_is_the_finding():
    with syncthing_pair(max_conflicts=0) as pair:
        looker = Looker(pair.branch_settings())
        edit_on_both_sides(pair, "lost.csv")
        looker.look()
        looker.look()

        left = [path.name for path in pair.branch.folder.glob("lost*")]

    told = [error["code"] for one in looker.sessions for error in one.get("errors", [])]
    ids = {one["session_id"] for one in looker.sessions if one.get("errors")}
    assert left == ["lost.csv"]  # the older edit is gone without a trace
    assert looker.conflicts == []
    assert set(told) == {"conflicts_invisible"}
    assert len(ids) == 1
