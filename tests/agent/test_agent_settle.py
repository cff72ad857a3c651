"""Decided conflicts at the site: carried out once, the newest only, and only headquarters' own."""

import json
import sys

import pytest

from siaga_agent.adapters.command import CommandAdapter
from siaga_agent.orders import Trust
from siaga_agent.settle import Settling
from tests.agent.make_agent import make_outbox
from tests.agent.make_orders import KEY, TRUST, sealed

WRITER = "import sys; open(sys.argv[1], 'a').write(sys.stdin.read() + '\\n')"


def decision(number: int = 1, hour: int = 9, **fields) -> dict:
    return {
        "decision_id": f"d-{number}",
        "decided_at": f"2026-11-22T{hour:02d}:00:00+00:00",
        "scope": "price/4711",
        "entity": "price",
        "key": "4711",
        "stream": "stock",
        "values": {"amount": 5},
    } | fields


def told(*decisions: dict, site: str = "SBY-02") -> dict:
    return sealed({"version": 1, "site": site, "settlements": list(decisions)})


@pytest.fixture
def outbox(tmp_path):
    return make_outbox(tmp_path)


@pytest.fixture
def settled(tmp_path):
    """What the site's own command was handed, in order."""
    path = tmp_path / "settled"

    def read() -> list[dict]:
        lines = path.read_text().splitlines() if path.exists() else []
        return [json.loads(line) for line in lines]

    read.path = path
    return read


def settling(outbox, settled, *, trust=TRUST, command=None):
    words = command or [sys.executable, "-c", WRITER, str(settled.path)]
    adapter = CommandAdapter(
        {"name": "own", "streams": ["stock"], "command": ["true"], "settle": words}
    )
    return Settling(outbox, [adapter], trust=trust)


def test_a_decision_is_carried_out_once_however_often_it_is_told(outbox, settled):
    one = settling(outbox, settled)

    assert [one.take(told(decision())) for _ in range(3)] == [1, 0, 0]
    assert [line["values"] for line in settled()] == [{"amount": 5}]


def test_a_restarted_agent_does_not_carry_it_out_again(outbox, settled):
    settling(outbox, settled).take(told(decision()))

    assert settling(outbox, settled).take(told(decision())) == 0


def test_an_older_decision_that_is_replayed_changes_nothing(outbox, settled):
    one = settling(outbox, settled)
    one.take(told(decision(2, hour=10, values={"amount": 7})))

    assert one.take(told(decision(1, hour=9))) == 0
    assert [line["values"] for line in settled()] == [{"amount": 7}]


def test_a_command_that_fails_is_tried_again(outbox, settled):
    assert settling(outbox, settled, command=["false"]).take(told(decision())) == 0

    assert settling(outbox, settled).take(told(decision())) == 1


@pytest.mark.parametrize(
    ("trust", "envelope"),
    [
        (Trust("", "SBY-02"), told(decision())),
        (Trust(KEY, "JKT-01"), told(decision())),
        (TRUST, told(decision()) | {"payload": "e30="}),
        (TRUST, {"settlements": [decision()]}),
        (TRUST, "nonsense"),
        (TRUST, sealed({"site": "SBY-02", "settlements": [{"scope": 3}, "nonsense"]})),
    ],
    ids=["no key", "another site", "changed", "not sealed", "no envelope", "no decisions"],
)
def test_what_headquarters_did_not_seal_for_this_site_is_not_carried_out(
    outbox, settled, trust, envelope
):
    assert settling(outbox, settled, trust=trust).take(envelope) == 0
    assert settled() == []


def test_a_stream_that_nobody_can_settle_waits_for_people(outbox, settled):
    assert settling(outbox, settled).take(told(decision(stream="prices"))) == 0
