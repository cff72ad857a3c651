"""Ten thousand ways to change a trail, and each is found at its place."""

import random
from collections.abc import Callable

import pytest

from bcp_portal.audit.verifier import check_trail, row_hash, unsigned
from tests.make_audit import Taken, make_trail

pytestmark = pytest.mark.django_db

TAMPERINGS = 10_000
CHECKPOINTS, ROWS_EACH = 6, 4
Rows = list[dict]


def edit(rows: Rows, chance: random.Random) -> tuple[int, int]:
    row = chance.choice(rows)
    name = chance.choice(["reason", "actor_name", "action", "object_code", "session", "at"])
    row[name] = row["at"].replace(year=2020) if name == "at" else f"{row[name]}{chance.random()}"
    return row["seq"], row["seq"]


def edit_inside(rows: Rows, chance: random.Random) -> tuple[int, int]:
    row = chance.choice(rows)
    row["after"] = {**row["after"], "amount": chance.randrange(1000)}
    return row["seq"], row["seq"]


def delete(rows: Rows, chance: random.Random) -> tuple[int, int]:
    row = rows.pop(chance.randrange(len(rows)))
    return row["seq"], row["seq"]


def insert(rows: Rows, chance: random.Random) -> tuple[int, int]:
    place = chance.randrange(len(rows))
    forged = {**rows[place], "reason": "made up"}
    forged["hash"] = row_hash(forged)
    rows.insert(place + chance.randrange(2), forged)
    return rows[place]["seq"], rows[place]["seq"] + 1


def swap(rows: Rows, chance: random.Random) -> tuple[int, int]:
    one, two = sorted(chance.sample(range(len(rows)), 2))
    places = one + 1, two + 1
    rows[one], rows[two] = rows[two], rows[one]
    return places


def truncate(rows: Rows, chance: random.Random) -> tuple[int, int]:
    keep, all_of_them = chance.randrange(len(rows)), len(rows)
    del rows[keep:]
    return keep + 1, all_of_them


def hash_one_again(rows: Rows, chance: random.Random) -> tuple[int, int]:
    row = chance.choice(rows)
    row["reason"] = "nothing happened"
    row["hash"] = row_hash(row)
    return row["seq"], row["seq"] + 1


def write_anew(rows: Rows, chance: random.Random) -> tuple[int, int]:
    """Change a row and compute everything after it again: the chain itself is whole."""
    begin = chance.randrange(len(rows))
    rows[begin]["reason"] = "nothing happened"
    _chain(rows, begin)
    return begin + 1, begin + 1


def leave_out_and_write_anew(rows: Rows, chance: random.Random) -> tuple[int, int]:
    begin = chance.randrange(len(rows))
    del rows[begin]
    for number, row in enumerate(rows[begin:], begin + 1):
        row["seq"] = number
    _chain(rows, begin)
    return begin + 1, begin + 1


def roll_back_and_go_on(rows: Rows, chance: random.Random) -> tuple[int, int]:
    """Forget what came after some row, and write other rows in their place."""
    begin = chance.randrange(len(rows))
    for row in rows[begin:]:
        row["reason"] = "another history"
    _chain(rows, begin)
    return begin + 1, begin + 1


def _chain(rows: Rows, begin: int) -> None:
    link = rows[begin - 1]["hash"] if begin else "0" * 64
    for row in rows[begin:]:
        row["prev_hash"] = link
        row["hash"] = link = row_hash(row)


WAYS: list[Callable[[Rows, random.Random], tuple[int, int]]] = [
    edit, edit_inside, delete, insert, swap, truncate, hash_one_again, write_anew,
    leave_out_and_write_anew, roll_back_and_go_on,
]  # fmt: skip


@pytest.fixture
def taken() -> Taken:
    return make_trail(checkpoints=CHECKPOINTS, rows_each=ROWS_EACH)


def test_an_untouched_trail_has_no_findings(taken):
    assert list(check_trail(taken.rows, taken.checkpoints)) == []
    assert list(unsigned(taken.checkpoints, taken.keys)) == []


def test_every_one_of_ten_thousand_tamperings_is_found_at_its_place(taken):
    chance = random.Random(20261122)  # the same ten thousand on every run

    for number in range(TAMPERINGS):
        way = WAYS[number % len(WAYS)]
        rows = [dict(row) for row in taken.rows]
        first, last = way(rows, chance)
        found = list(check_trail(rows, taken.checkpoints))
        assert found, (way.__name__, number, first)
        # The first thing named holds the place, or is the link to it.
        assert found[0].first <= last, (way.__name__, number, first, found)
        assert any(one.first <= last and one.last >= first for one in found), (way, found)


def test_what_is_named_of_a_trail_written_anew_is_at_most_one_checkpoint_wide(taken):
    rows = [dict(row) for row in taken.rows]
    rows[9]["reason"] = "nothing happened"
    _chain(rows, 9)

    (found,) = check_trail(rows, taken.checkpoints)

    assert (found.first, found.last) == (9, 12)


def test_a_checkpoint_that_was_changed_is_not_believed(taken):
    one = taken.checkpoints[2]
    forged = one._replace(note=one.note.replace(f"\n{one.size}\n", f"\n{one.size - 1}\n"))

    assert [found.first for found in unsigned([forged], taken.keys)] == [one.size]


def test_a_trail_rolled_back_together_with_its_checkpoints_is_found_by_a_witness(taken):
    rows, checkpoints = taken.rows[:16], taken.checkpoints[:4]
    kept_by_a_site = taken.checkpoints[-1]

    assert list(check_trail(rows, checkpoints)) == []
    (found,) = check_trail(rows, [*checkpoints, kept_by_a_site])
    assert (found.first, found.last) == (17, 24)
