"""Operations by chance from a fixed seed: the vectors that every fold has to reproduce.

python -m tests.offline.vectors 10000 > vectors.json
"""

import json
import random
import sys

from incidents.offline.fold import fold, state_hash

SEED = 20261122
KINDS = ("tick", "tick", "tick", "skip", "untick", "note", "evidence", "assign", "propose",
         "answer", "settle")  # fmt: skip
WORDS = ("power is back", "Kabel putus — “lagi”", "naïve ☂ 𝄞", 'a "quote" \\ and\ttab', "")
CLASHES = ("done_skipped:1", "done_skipped:2", "choice:1", "role:scribe:", "role:scribe:ani")


def make_vector(chance: random.Random) -> list[dict]:
    """A handful of operations of a few people, some of them told twice, in any order."""
    ops: list[dict] = []
    for number in range(chance.randint(1, 14)):
        ops.append(make_operation(chance, number, [op["id"] for op in ops]))
    ops += chance.sample(ops, chance.randint(0, min(3, len(ops))))
    chance.shuffle(ops)
    return ops


def make_operation(chance: random.Random, number: int, known: list[str]) -> dict:
    kind = chance.choice(KINDS)
    millis = 1_790_000_000_000 + chance.randint(0, 20_000)
    device = chance.choice(("laptop", "phone", "portal"))
    run_only = kind == "assign" or (kind in ("note", "evidence") and chance.random() < 0.5)
    return {
        "id": f"019{chance.getrandbits(52):013x}-{number:04d}",
        "kind": kind,
        "step": "" if run_only else chance.choice(("1", "2", "10")),
        "actor": chance.randint(0, 3),
        "device": device,
        "hlc": f"{millis:013d}-{chance.randint(0, 2):05d}-{device}",
        "at": millis + chance.randint(-9_000, 0),
        "unsure": chance.choice((-1, 0, 40, 3_000)),
        "base": chance.randint(0, 9),
        "payload": make_payload(chance, kind, known),
    }


def make_payload(chance: random.Random, kind: str, known: list[str]) -> dict:
    word = chance.choice(WORDS)
    some = sorted(chance.sample(known, chance.randint(0, len(known))))
    return {
        "tick": {"note": word} | ({"part": 1} if chance.random() < 0.1 else {}),
        "skip": {"reason": word} | ({"plan": True} if chance.random() < 0.2 else {}),
        "untick": {"reason": word, "undoes": some},
        "note": {"text": word},
        "evidence": {"text": word, "sha256": "ab" * 32},
        "assign": {
            "role": chance.choice(("scribe", "operations")),
            "user": chance.choice(("ani", "budi", "citra")),
            "was": chance.choice(("", "ani")),
        },
        "propose": {"what": "tick", "chosen": chance.choice(("yes", "no")), "reason": word},
        "answer": {
            "proposal": chance.choice([*known, "none"]),
            "accepted": chance.random() < 0.5,
            "reason": word,
        },
        "settle": {"clash": chance.choice(CLASHES), "seen": known, "undoes": some},
    }[kind]


def make_vectors(count: int, *, seed: int = SEED) -> list[dict]:
    """Vectors with the fingerprint that Python computes for each."""
    chance = random.Random(seed)
    vectors = []
    for _number in range(count):
        ops = make_vector(chance)
        vectors.append({"operations": ops, "hash": state_hash(fold(ops))})
    return vectors


if __name__ == "__main__":
    json.dump(make_vectors(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000), sys.stdout)
