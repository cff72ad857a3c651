"""The site door over ASGI: who may enter, what they are told, what is never answered with 5xx."""

import asyncio
import json
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync, sync_to_async

from bcp_portal.audit.services.checkpoint import sign_all
from telemetry.ingest.door import SiteDoor
from telemetry.ingest.quota import QuotaBook
from telemetry.ingest.store import StoreUnavailableError
from telemetry.ingest.tokens import _holder
from telemetry.ingest.writer import TooBusyError, Writer
from telemetry.models import Device, QuarantinedItem, Sample
from telemetry.services.device import enrol_device, replace_token, revoke_device
from tests.make import NOON, make_site
from tests.make_telemetry import batch, heartbeat, packed, zipped

pytestmark = pytest.mark.django_db
BATCHES, ORDERS = "/api/telemetry/v1/batches", "/api/telemetry/v1/orders"


@pytest.fixture
def device():
    return enrol_device(site=make_site(), name="till", actor=None, at=NOON)


class DirectWriter(Writer):
    """Stores at once and in the thread of the test, whose transaction nobody else can see."""

    def store(self, arrival):
        return asyncio.ensure_future(sync_to_async(self._store)(arrival))

    def _store(self, arrival):
        (answer,) = self._answers([arrival])
        return answer


@pytest.fixture
def door():
    return SiteDoor(DirectWriter(1), shares_thread=True)


def ask(door, token, body=b"", *, path=BATCHES, method="POST", pieces=1, **headers):
    """One request; answers status, headers and content."""
    told = {"authorization": f"Bearer {token}"} if token else {}
    told |= {name.replace("_", "-"): value for name, value in headers.items()}
    scope = {
        "type": "http",
        "path": path,
        "method": method,
        "headers": [(name.encode(), value.encode()) for name, value in told.items()],
    }
    step = len(body) // pieces + 1
    parts = [body[i : i + step] for i in range(0, len(body), step)] or [b""]
    sent = []

    async def receive():
        part = parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(parts)}

    async def send(message):
        sent.append(message)

    async_to_sync(door)(scope, receive, send)
    body = sent[1]["body"]
    return sent[0]["status"], dict(sent[0]["headers"]), json.loads(body) if body else None


def test_a_batch_is_answered_with_everything_a_device_must_know(door, device):
    device, token = device
    newest = sign_all(at=NOON)

    status, _headers, reply = ask(door, token, packed(batch(heartbeat(1), node_id=device.node_id)))

    assert status == 200
    assert reply["ack"] == [[1, 1]]
    assert (reply["duplicates"], reply["rejected"], reply["next_heartbeat_s"]) == (0, [], 60)
    assert 0 <= reply["phase_s"] < 60
    assert reply["want"] in ("newest_first", "backfill", "pause")
    assert {"server_time", "orders_epoch", "engine_fresh_at"} <= reply.keys()
    assert reply["audit_checkpoint"] == newest.line


def test_a_zipped_batch_in_pieces_is_taken(door, device):
    device, token = device
    body = zipped(batch(heartbeat(1), node_id=device.node_id))

    assert ask(door, token, body, pieces=4, content_encoding="gzip")[0] == 200


@pytest.mark.parametrize("token", ["", "siaga_device_guess", "ünknown"])
def test_a_stranger_is_sent_away(door, device, token):
    headers = {"authorization": f"Bearer {token}"} if token else {}

    assert ask(door, "", packed(batch(heartbeat(1))), **headers)[0] == 401


def test_a_token_opens_no_other_device(door, device):
    _device, token = device
    other, _token = enrol_device(site=make_site(), name="till", actor=None, at=NOON)

    status, _headers, reply = ask(door, token, packed(batch(heartbeat(1), node_id=other.node_id)))

    assert status == 403
    assert "node_id" in reply["detail"]
    assert not Sample.objects.exists()


def test_a_revoked_token_stores_nothing_even_if_remembered(door, device):
    device, token = device
    body = packed(batch(heartbeat(1), node_id=device.node_id))
    assert ask(door, token, body)[0] == 200

    revoke_device(device=device, actor=None, at=NOON)

    assert ask(door, token, body)[0] == 403
    assert ask(door, token, method="GET", path=ORDERS)[0] == 403


def test_a_replaced_token_is_a_strangers(door, device):
    device, token = device
    fresh = replace_token(device=device, actor=None, at=NOON)

    assert ask(door, token, packed(batch(heartbeat(1), node_id=device.node_id)))[0] == 401
    assert ask(door, fresh, packed(batch(heartbeat(1), node_id=device.node_id)))[0] == 200


def test_nothing_valid_is_told_item_by_item_and_kept(door, device):
    device, token = device
    body = packed(batch(heartbeat(1, colour="red"), {"kind": "x"}, node_id=device.node_id))

    status, _headers, reply = ask(door, token, body)

    assert status == 422
    assert reply["rejected"][0]["seq"] == 1
    assert reply["rejected"][1]["index"] == 1
    assert QuarantinedItem.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"nope", {}, 400),
        (b"{}", {}, 422),
        (b"plain", {"content_encoding": "gzip"}, 400),
        (b"{}", {"content_encoding": "br"}, 415),
        (b" " * 1_100_000, {}, 413),
        (b"{}", {"content_length": "2000000"}, 413),
    ],
)
def test_bad_input_is_answered_with_a_sentence(door, device, body, headers, status):
    answered, _headers, reply = ask(door, device[1], body, pieces=3, **headers)

    assert answered == status
    assert reply["detail"].endswith(".")


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [(BATCHES, "GET", 405), (ORDERS, "POST", 405), ("/api/telemetry/v1/else", "GET", 404)],
)
def test_a_wrong_address_is_told(door, device, path, method, status):
    assert ask(door, device[1], path=path, method=method)[0] == status


def test_orders_are_not_sent_twice(door, device):
    status, headers, reply = ask(door, device[1], path=ORDERS, method="GET")
    assert (status, reply) == (200, {"orders": [], "epoch": 0})

    again = ask(door, device[1], path=ORDERS, method="GET", if_none_match=headers[b"etag"].decode())

    assert again[0] == 304


class Broken:
    pressure = 0.0

    def __init__(self, error):
        self.error = error

    def store(self, _arrival):
        raise self.error


@pytest.mark.parametrize("error", [TooBusyError(), StoreUnavailableError("gone")])
def test_under_pressure_a_device_is_asked_to_come_again(device, error):
    device, token = device
    door = SiteDoor(Broken(error), shares_thread=True)

    status, headers, _reply = ask(door, token, packed(batch(heartbeat(1), node_id=device.node_id)))

    assert status == 503
    assert int(headers[b"retry-after"]) > 0


def test_heartbeats_are_spread_over_the_period():
    holders = [_holder(1, uuid4(), None, None) for _ in range(600)]
    phases = {holder.phase_s(60) for holder in holders}

    assert len(phases) > 50
    assert max(phases) < 60


def test_only_the_hash_of_a_token_is_kept(device):
    device, token = device

    assert token not in str(Device.objects.values().get(pk=device.pk))


def test_what_is_over_the_quota_waits_and_what_is_within_it_is_stored(device):
    now = [0.0]
    book = QuotaBook(6, clock=lambda: now[0])  # sixty saved up, then one in ten seconds
    door = SiteDoor(DirectWriter(1), shares_thread=True, quota=book)
    machine, token = device
    many = packed(batch(*(heartbeat(n) for n in range(1, 81)), node_id=machine.node_id))

    status, headers, reply = ask(door, token, many)
    assert status == 200
    assert reply["ack"] == [[1, 60]]
    assert reply["want"] == "pause"
    assert "20 items are over the quota" in reply["detail"]
    assert headers[b"retry-after"] == b"200"

    status, headers, _reply = ask(door, token, many)
    assert status == 429
    assert int(headers[b"retry-after"]) > 0
    assert Sample.objects.count() == 60

    now[0] = 200.0
    status, _headers, reply = ask(
        door, token, packed(batch(*(heartbeat(n) for n in range(61, 81)), node_id=machine.node_id))
    )
    assert (status, reply["ack"]) == (200, [[61, 80]])
    assert Sample.objects.count() == 80


def test_one_device_over_its_quota_costs_no_other_its_place(device):
    door = SiteDoor(DirectWriter(1), shares_thread=True, quota=QuotaBook(1, clock=lambda: 0.0))
    machine, token = device
    flood = packed(batch(*(heartbeat(n) for n in range(1, 31)), node_id=machine.node_id))
    ask(door, token, flood)
    other, other_token = enrol_device(site=machine.site, name="calm", actor=None, at=NOON)

    assert ask(door, token, flood)[0] == 429
    calm = packed(batch(heartbeat(1), node_id=other.node_id))
    assert ask(door, other_token, calm)[0] == 200
