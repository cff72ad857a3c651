"""The fold: the same in Python and in the browser, in any order, and nothing is lost."""

import hashlib
import json
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from incidents.offline.fold import fold, state_hash
from tests.offline.schedules import DivergedError, run_schedule
from tests.offline.vectors import make_vector, make_vectors

ROOT = Path(__file__).resolve().parents[2]
FOLD = ROOT / "static" / "js" / "offline" / "fold.js"
VECTORS = 10_000
# What all of them came to when they were recorded: a change of both folds at once shows here.
RECORDED = "8a65656b6a2226add164cd72eacb2c4954bfb7f7b8a5b7128c43b063c2d39d04"
IN_PAGE = """async ([source, vectors]) => {
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const { fold, stateHash } = await import(address);
  const wrong = [];
  for (const [index, { operations, hash }] of vectors.entries()) {
    if ((await stateHash(fold(operations))) !== hash) wrong.push(index);
  }
  return { read: vectors.length, wrong };
}"""


@pytest.fixture(scope="module")
def vectors():
    return make_vectors(VECTORS)


def by_node(vectors, folder: Path) -> dict:
    file = folder / "vectors.json"
    file.write_text(json.dumps(vectors))
    script = Path(__file__).with_name("replay.mjs")
    module = folder / "fold.mjs"  # by its name every node knows that it is a module
    module.write_text(FOLD.read_text())
    done = subprocess.run(
        ["node", str(script), str(module), str(file)], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def by_chromium(vectors) -> dict:
    from tests.frame.browsing import chromium  # noqa: PLC0415  # heavy, and seldom needed

    with chromium() as browser:
        page = browser.new_page()
        # A page of a safe origin: digests are computed there only.
        page.route("**/*", lambda route: route.fulfill(body="<p>fold</p>"))
        page.goto("http://127.0.0.1/")
        return page.evaluate(IN_PAGE, [FOLD.read_text(), vectors])


def test_the_browser_folds_ten_thousand_vectors_as_we_do(vectors, tmp_path):
    told = by_node(vectors, tmp_path) if shutil.which("node") else by_chromium(vectors)

    assert told == {"read": VECTORS, "wrong": []}


def test_the_vectors_come_to_what_was_recorded(vectors):
    """Whoever means to change what a run comes to writes the new record down, and says why."""
    said = "\n".join(vector["hash"] for vector in vectors)

    assert hashlib.sha256(said.encode()).hexdigest() == RECORDED


@pytest.mark.browser
def test_chromium_itself_folds_as_we_do(vectors):
    assert by_chromium(vectors[:500]) == {"read": 500, "wrong": []}


def test_the_vectors_hold_every_kind_of_clash(vectors):
    states = [fold(vector["operations"]) for vector in vectors[:2000]]
    kinds = {clash["kind"] for state in states for clash in state["clashes"]}
    opens = {clash["open"] for state in states for clash in state["clashes"]}

    assert kinds == {"done_skipped", "taken_back", "choice", "role"}
    assert opens == {True, False}


@pytest.mark.parametrize("seed", range(40))
def test_replicas_that_know_the_same_say_the_same(seed):
    chance = random.Random(seed)
    ops = make_vector(chance)
    replicas = [gossip(chance, ops) for _replica in range(4)]

    assert len({state_hash(fold(replica)) for replica in replicas}) == 1
    assert fold(replicas[0])["size"] == len({op["id"] for op in ops})


def test_schedules_of_two_to_six_replicas_converge_and_lose_nothing():
    """A share of what `test_schedules.py` tries."""
    for seed in range(1000):
        run_schedule(seed)


def test_a_clash_that_no_state_lists_fails_the_schedule(monkeypatch):
    monkeypatch.setattr(
        "tests.offline.schedules.contradictions", lambda ops: {("done_skipped", "?")}
    )

    with pytest.raises(DivergedError, match="not listed"):
        run_schedule(1)


def gossip(chance: random.Random, ops: list[dict]) -> list[dict]:
    """What one replica has heard: everything, in pieces, some of it more than once."""
    heard: list[dict] = []
    pieces = list(ops)
    while pieces:
        cut = chance.randint(1, len(pieces))
        heard += chance.sample(pieces[:cut], cut)
        pieces = pieces[cut:]
        heard += chance.sample(heard, chance.randint(0, min(2, len(heard))))
    chance.shuffle(heard)
    return heard


def tick(number: int, **fields) -> dict:
    millis = 1_790_000_000_000 + number * 1000
    return {
        "id": f"op-{number}", "kind": "tick", "step": "1", "actor": number, "device": "phone",
        "hlc": f"{millis:013d}-00000-phone", "at": millis, "unsure": 100, "base": 0, "payload": {},
    } | fields  # fmt: skip


def test_the_first_tick_is_the_completion_and_later_ones_corroborate():
    state = fold([tick(3), tick(1), tick(2)])["steps"]["1"]

    assert state["status"] == "done"
    assert state["done"]["actor"] == 1
    assert [other["actor"] for other in state["corroborated"]] == [2, 3]


def test_a_tick_that_was_not_seen_survives_taking_another_one_back():
    back = tick(5, kind="untick", payload={"reason": "wrong till", "undoes": ["op-1"]})

    alone = fold([tick(1), back])
    both = fold([tick(1), tick(2), back])

    assert alone["steps"]["1"]["status"] == "open"
    assert both["steps"]["1"]["status"] == "done"
    assert [clash["kind"] for clash in both["clashes"]] == ["taken_back"]


def test_done_against_skipped_is_disputed_until_somebody_settles_it():
    skip = tick(2, kind="skip", payload={"reason": "no van"})
    settled = tick(
        9, kind="settle",
        payload={"clash": "done_skipped:1", "seen": ["op-1", "op-2"], "undoes": ["op-1"]},
    )  # fmt: skip

    open_clash = fold([tick(1), skip])
    closed = fold([tick(1), skip, settled])

    assert open_clash["steps"]["1"]["status"] == "disputed"
    assert open_clash["clashes"][0]["holds"] == "done"
    assert open_clash["clashes"][0]["certain"]
    assert closed["steps"]["1"]["status"] == "skipped"
    assert not closed["clashes"][0]["open"]


def test_a_late_side_opens_a_settled_clash_again():
    skip = tick(2, kind="skip", payload={"reason": "no van"})
    settled = tick(9, kind="settle", payload={"clash": "done_skipped:1", "seen": ["op-1", "op-2"]})

    assert fold([tick(1), skip, settled, tick(4)])["clashes"][0]["open"]


def test_clocks_that_were_never_compared_make_no_order():
    skip = tick(2, kind="skip", unsure=-1, payload={"reason": "no van"})

    assert not fold([tick(1), skip])["clashes"][0]["certain"]
