"""The log of a run kept in memory says what the whole fold says, and a long one costs no more."""

import random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bcp_portal.accounts.roles import Role
from incidents.offline.fold import fold, state_hash
from incidents.offline.ledger import Ledger
from tests.make import LATER, NOON, make_user
from tests.make_incidents import make_run, step_of
from tests.offline.telling import make_told, tell
from tests.offline.vectors import make_operation


@pytest.mark.parametrize("seed", range(60))
def test_in_any_order_of_arrival_the_ledger_says_at_each_moment_what_the_fold_says(seed):
    chance = random.Random(seed)
    ops: list[dict] = []
    for number in range(40):
        ops.append(make_operation(chance, number, [op["id"] for op in ops]))
    arriving = [*ops, *chance.sample(ops, 10)]
    chance.shuffle(arriving)

    ledger, heard = Ledger(), []
    for op in arriving:
        ledger.add([op])
        heard.append(op)
        step = chance.choice(("1", "2", "10"))
        told, whole = ledger.of_step(step), fold(one for one in heard if one["step"] == step)
        assert told["clashes"] == whole["clashes"]
        # A step about which there are only notes shows nothing.
        assert told["steps"] == {
            key: value
            for key, value in whole["steps"].items()
            if any(one["step"] == key and one["kind"] not in ("note", "evidence", "assign")
                   for one in heard)
        }  # fmt: skip

    assert state_hash(ledger.whole()) == state_hash(fold(ops))


@pytest.mark.django_db
def test_a_batch_asks_a_long_log_no_more_than_a_short_one():
    run = make_run({"Isolate": ["Unplug", "Lock the door"]})
    ani, step = make_user(Role.RESPONDER), step_of(run, "Unplug")

    def batch():
        return [make_told("tick", run, at=NOON, step=step) for _tick in range(10)]

    tell(*batch(), run=run, actor=ani, at=LATER)
    asked = []
    for _batch in range(4):
        with CaptureQueriesContext(
            connection,
        ) as statements:
            tell(*batch(), run=run, actor=ani, at=LATER)
        asked.append(len(statements))

    assert len(set(asked)) == 1


@pytest.mark.django_db
def test_a_refused_neighbour_leaves_nothing_behind_in_the_books():
    run = make_run({"Isolate": ["Unplug", "Lock the door"]})
    ani, step = make_user(Role.RESPONDER), step_of(run, "Unplug")

    outcomes = tell(
        make_told("tick", run, at=NOON, step=step),
        make_told("skip", run, at=NOON, step=step),  # gives no reason
        make_told("tick", run, at=NOON, step=step),
        run=run, actor=ani, at=LATER,
    )  # fmt: skip

    assert outcomes == ["applied", "refused", "corroborated"]
