"""Decoding never crashes, never loses a good item, and says why it refuses a bad one."""

import contextlib
import gzip
import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.ingest.decode import MAX_BYTES, UnreadableBatchError, decode_batch, items_of, unzip
from tests.make import NOON
from tests.make_telemetry import batch, conflict, heartbeat, packed, sync_session, zipped

BROKEN = st.sampled_from(
    [
        b"null",
        b"5",
        b'"x"',
        b"[]",
        b"{}",
        b'{"kind":"heartbeat","seq":9}',
        b'{"kind":"unheard","seq":9,"at":"2026-03-02T12:00:00Z"}',
        b'{"kind":"heartbeat","seq":0,"at":"2026-03-02T12:00:00Z","state":"online","streams":[]}',
        packed(heartbeat(9, colour="red")),
        packed(heartbeat(9, period_s=None)),
        packed(heartbeat(9, streams=[{"name": "\ud800", "pending_records": 1}])),
        packed(heartbeat(9, streams=[{"name": "\x00", "pending_records": 1}])),
        packed(heartbeat(9, streams=[{"name": "s", "pending_records": float("nan")}])),
        packed(heartbeat(9, streams=[{"name": "s", "pending_records": 10**30}])),
        packed(heartbeat(9, host={"load1": 1e308 * 10})),
        packed(heartbeat(9)).replace(b"sales", b"sal\xff"),
        packed(heartbeat(9, at=NOON.replace(year=1970))),
        packed(heartbeat(9, at=NOON.replace(year=9999))),
        packed(heartbeat(9) | {"at": "2026-03-02T12:00:00"}),
        packed(heartbeat(9) | {"at": "yesterday"}),
        packed(sync_session(9, started_at="0001-01-01T00:00:00+07:00")),
    ]
)


def with_raw_items(*texts):
    return packed(batch()).replace(b'"items": []', b'"items": [' + b",".join(texts) + b"]")


def refused(body):
    with pytest.raises(UnreadableBatchError) as caught:
        decode_batch(body)
    assert str(caught.value).endswith(".")
    return caught.value.status


def test_a_good_batch_is_taken_whole():
    body = packed(batch(heartbeat(1), sync_session(2), conflict(3)))

    decoded = decode_batch(body)

    assert [item.seq for item in decoded.items] == [1, 2, 3]
    assert decoded.rejected == []
    assert decoded.document == body


@given(st.lists(BROKEN | st.integers(1, 500), min_size=1, max_size=8))
def test_bad_items_never_cost_a_good_one(told):
    texts = [packed(heartbeat(entry)) if isinstance(entry, int) else entry for entry in told]

    decoded = decode_batch(with_raw_items(*texts))

    good = [entry for entry in told if isinstance(entry, int)]
    assert [item.seq for item in decoded.items] == good
    assert len(decoded.rejected) == len(told) - len(good)
    assert len(items_of(decoded.document)) == len(good)


@given(BROKEN)
def test_every_refusal_says_where_and_why(text):
    (bad,) = decode_batch(with_raw_items(packed(heartbeat(1)), text)).rejected

    assert bad.position == 1
    assert bad.error
    assert bad.seq in (9, None)
    bad.text.encode()


@given(st.binary(max_size=200))
def test_no_bytes_break_the_decoder(body):
    with contextlib.suppress(UnreadableBatchError):
        assert decode_batch(body)


@given(st.binary(max_size=60), st.integers(0, 400))
def test_no_damage_breaks_the_decoder(noise, place):
    body = packed(batch(heartbeat(1), heartbeat(2)))

    with contextlib.suppress(UnreadableBatchError):
        assert decode_batch(body[:place] + noise + body[place + len(noise) :])


@pytest.mark.parametrize("body", [b"", b"{", b"nope", b"\xff", b'{"items":' + b"[" * 90_000])
def test_what_is_no_json_is_unreadable(body):
    assert refused(body) == 400


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "telemetry/2"},
        {"node_id": "SBY-02"},
        {"boot_id": None},
        {"sent_at": "2026-03-02T12:00:00"},
        {"sent_at": "1970-01-01T00:00:00Z"},
        {"items": []},
        {"items": {}},
        {"colour": "red"},
        {"dropped": [{"from_seq": 1, "to_seq": 2, "reason": "tired"}]},
    ],
)
def test_a_wrong_envelope_is_refused(change):
    assert refused(packed(batch(heartbeat(1)) | change)) == 422


def test_more_items_than_a_batch_may_hold_are_too_many():
    assert refused(packed(batch(*(heartbeat(seq) for seq in range(1, 502))))) == 413


def test_a_batch_of_more_than_a_mebibyte_is_too_large():
    assert refused(b" " * (MAX_BYTES + 1)) == 413


def test_a_zipped_batch_is_unzipped():
    content = batch(heartbeat(1))

    assert unzip(zipped(content)) == packed(content)


@pytest.mark.parametrize(
    "body", [b"", b"plain", zipped({})[:-3], zipped({}) + b"more", b"\x1f\x8b" + b"\x00" * 30]
)
def test_broken_gzip_is_unreadable(body):
    with pytest.raises(UnreadableBatchError) as caught:
        unzip(body)
    assert caught.value.status == 400


def test_a_gzip_bomb_is_not_unpacked():
    with pytest.raises(UnreadableBatchError) as caught:
        unzip(gzip.compress(b" " * 50_000_000))
    assert caught.value.status == 413


def test_a_future_time_is_taken_for_what_it_is():
    ahead = heartbeat(1, at=NOON + timedelta(days=2))

    assert len(decode_batch(packed(batch(ahead))).items) == 1


def test_a_backslash_before_u0000_is_no_nul():
    text = json.dumps(heartbeat(1)).replace("sales", r"sal\\u0000").encode()

    assert len(decode_batch(with_raw_items(text)).items) == 1
