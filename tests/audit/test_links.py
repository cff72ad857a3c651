"""Rows that PostgreSQL links itself are hashed as the shipped verifier hashes them."""

import pytest

from bcp_portal.audit import links
from bcp_portal.audit.chain import PendingRow, append_rows
from bcp_portal.audit.links import text_around_link
from bcp_portal.audit.models import AuditRow
from bcp_portal.audit.verifier import GENESIS, row_hash
from bcp_portal.shared.hashing import sha256_hex
from tests.make import NOON

pytestmark = pytest.mark.django_db

WORDS = [
    "plain", "", 'quoted "twice"', "back\\slash \\u0041 \\", "50 % of %s", "it's; DROP",
    "tab\tline\n", "Surabaya é 漢 😀", '"seq":7,"prev_hash":"x"',
]  # fmt: skip


def make_row(words: str, **facts: object) -> PendingRow:
    content = {"text": words, words: [1, 2.5, None, True, {"z": words, "a": -3}]}
    return PendingRow(
        **{
            "at": NOON, "actor_id": 7, "actor_name": words, "session": words, "action": "a.b",
            "object_kind": "x.y", "object_id": "1", "object_code": words, "reason": words,
            "before": {}, "after": content,
        }
        | facts
    )  # fmt: skip


@pytest.mark.parametrize("words", WORDS)
def test_the_text_around_a_link_is_what_the_verifier_hashes(words):
    facts = vars(make_row(words))
    link = "ab" * 32

    first, second, third = text_around_link(facts)

    text = f"{first}{link}{second}41{third}"
    assert sha256_hex(text.encode()) == row_hash(facts | {"seq": 41, "prev_hash": link})


def test_rows_of_any_words_are_linked_to_a_whole_chain(monkeypatch):
    monkeypatch.setattr(links, "_AT_ONCE", 2)  # in several trips, too
    append_rows([make_row(words) for words in WORDS])
    append_rows([make_row("later", actor_id=None)])

    rows = list(AuditRow.objects.order_by("seq"))

    assert [row.seq for row in rows] == list(range(1, len(WORDS) + 2))
    assert [row.prev_hash for row in rows] == [GENESIS, *[row.hash for row in rows[:-1]]]
    assert [row.hash for row in rows] == [row.content_hash() for row in rows]
    assert [row.reason for row in rows] == [*WORDS, "later"]
