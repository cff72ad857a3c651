"""The published schema and the decoder say the same thing."""

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from telemetry.ingest.decode import UnreadableBatchError, decode_batch
from tests.make_telemetry import (
    batch,
    conflict,
    heartbeat,
    order_status,
    packed,
    posture,
    sync_session,
)

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = json.loads((ROOT / "static" / "telemetry.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
WHEN = "2026-03-02T12:00:00Z"
DIGEST = {"alg": "sha256-sorted", "value": "ab", "rows": 3, "scope": "all", "as_of": "x"}
FULL = [
    heartbeat(
        1,
        hlc="1772452800000-00ff-SBY_02",
        at_mono_ms=5,
        state_since=WHEN,
        period_s=60,
        reach={"gateway": {"ok": True, "rtt_ms": 2}, "central": {"ok": False, "err": "timeout"}},
        link={"isp": "x", "asn": 1, "medium": "satellite", "metered": True},
        streams=[
            {
                "name": "sales",
                "criticality": "critical",
                "pending_records": 1,
                "pending_bytes": 2,
                "oldest_pending_at": WHEN,
                "pending_expires_at": WHEN,
                "pending_value_minor": -5,
                "currency": "IDR",
                "inbound_lag_records": 0,
                "last_sync_ok_at": WHEN,
                "last_seq": "0/16",
                "conflicts_open": 0,
                "consecutive_failures": 0,
                "digest": DIGEST,
                "leases": [{"sku": "a", "granted": 3, "used": 1, "expires_at": WHEN}],
            }
        ],
        app={"version": "1", "p95_ms": 3, "errors_5m": 0, "tx_5m": 9, "db_bytes": 1},
        agent={"version": "1", "uptime_s": 3, "outbox_items": 0, "outbox_oldest_at": WHEN},
        clock={"ntp_synced": True, "offset_ms": -3, "uncertainty_ms": 1, "jumped": False},
        backup={"last_ok_at": WHEN, "bytes": 1, "target": "remote", "encrypted": True},
        host={"disk_free_pct": 40.5, "load1": 0.2, "on_ups": False, "battery_pct": 90},
    ),
    sync_session(
        2,
        peer="centre",
        engine="postgres",
        trigger="manual",
        duration_ms=3,
        records_out=1,
        bytes_in=1,
        digest_after=DIGEST,
        conflicts={"opened": 1, "flagged": 0},
        errors=[{"code": "E1", "count": 2, "sample": "x"}],
        order_epoch=1,
        lease_id="l",
    ),
    conflict(3, fields=["price"], provisional_winner=0, rule="latest", critical=True),
    posture(4, disk_encrypted=True, autolock_s=60, tls_min="1.2", av_running=None),
    order_status(5, channel="qr", detail="done"),
]
VALUES = st.sampled_from(
    [None, True, -1, 0, 1, 10**20, 1.5, "", "x", "x" * 400, WHEN, "2026-03-02", [], [1], {}]
)


def places(content, path=()):
    """Every place in a document at which something may be changed."""
    yield path
    inner = content.items() if isinstance(content, dict) else enumerate(content)
    for name, value in inner:
        if isinstance(value, dict | list):
            yield from places(value, (*path, name))
        else:
            yield (*path, name)


PLACES = [(number, place) for number, item in enumerate(FULL) for place in places(item) if place]


def changed(item, place, change, value):
    """The item with one value replaced, removed, or a strange neighbour beside it."""
    item = copy.deepcopy(item)
    *way, last = place
    here = item
    for name in way:
        here = here[name]
    if change == "remove":
        del here[last]
    elif change == "add" and isinstance(here, dict):
        here["strange"] = value
    else:
        here[last] = value
    return item


def decoder_takes(item):
    try:
        return not decode_batch(packed(batch(item))).rejected
    except UnreadableBatchError:
        return False


@pytest.mark.parametrize("item", FULL, ids=lambda item: item["kind"])
def test_every_kind_of_item_is_taken_by_both(item):
    VALIDATOR.validate(batch(item))
    assert decoder_takes(item)


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(PLACES), st.sampled_from(["replace", "remove", "add"]), VALUES)
def test_decoder_and_schema_agree(chosen, change, value):
    number, place = chosen
    item = changed(FULL[number], place, change, value)

    assert decoder_takes(item) == VALIDATOR.is_valid(batch(item)), item


def test_the_schema_is_a_schema():
    Draft202012Validator.check_schema(SCHEMA)
