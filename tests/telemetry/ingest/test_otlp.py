"""The OTLP door, asked by the real OpenTelemetry exporter and by hand."""

import asyncio
import contextlib
import gzip
import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from telemetry.ingest.decode import UnreadableBatchError
from telemetry.ingest.otlp import read_points
from telemetry.ingest.otlp_door import OtlpDoor
from telemetry.ingest.quota import QuotaBook
from telemetry.ingest.writer import Writer
from telemetry.models import DeviceState, Sample, SequenceLedger, StreamState
from telemetry.services.device import enrol_device, revoke_device
from telemetry.services.keeping import pack_days
from tests.make import NOON, make_site

pytestmark = pytest.mark.django_db
NANOS = int(NOON.timestamp()) * 10**9


class DirectWriter(Writer):
    """Stores at once and in the thread of the test."""

    def store(self, arrival):
        return asyncio.ensure_future(sync_to_async(self._store)(arrival))

    def _store(self, arrival):
        (answer,) = self._answers([arrival])
        return answer


@pytest.fixture
def device():
    return enrol_device(site=make_site(), name="till", actor=None, at=NOON)


@pytest.fixture
def door():
    return OtlpDoor(DirectWriter(1), shares_thread=True, quota=QuotaBook(0))


def ask(door, token, body, kind="application/json", path="/otlp/v1/metrics", **headers):
    told = {"authorization": f"Bearer {token}", "content-type": kind} | headers
    scope = {
        "type": "http", "path": path, "method": "POST",
        "headers": [(name.encode(), value.encode()) for name, value in told.items()],
    }  # fmt: skip
    sent = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    async_to_sync(door)(scope, receive, send)
    return sent[0]["status"], sent[1]["body"]


def export(*points, nanos=NANOS):
    metrics = [
        {
            "name": name,
            "gauge": {
                "dataPoints": [
                    {
                        "timeUnixNano": str(nanos),
                        "asInt": str(value),
                        "attributes": [
                            {"key": key, "value": {"stringValue": text}}
                            for key, text in attributes.items()
                        ],
                    }
                ]
            },
        }
        for name, value, attributes in points
    ]
    return json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": metrics}]}]}).encode()


QUEUE = ("siaga.stream.pending_records", 12, {"stream": "sales"})


def recorded_by_the_real_exporter():
    """What OpenTelemetry's own exporter puts on the wire: headers and body."""
    heard = []

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self):
            length = int(self.headers["Content-Length"])
            told = {name.lower(): value for name, value in self.headers.items()}
            heard.append((told, self.rfile.read(length)))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_words):
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        reader = InMemoryMetricReader()
        provider = MeterProvider([reader])
        meter = provider.get_meter("till")
        meter.create_gauge("siaga.stream.pending_records").set(7, {"stream": "sales"})
        oldest = meter.create_gauge("siaga.stream.oldest_pending_time")
        oldest.set(NOON.timestamp(), {"stream": "sales"})
        meter.create_up_down_counter("siaga.app.tx_5m").add(40)
        meter.create_gauge("siaga.reach").set(1, {"rung": "central"})
        meter.create_histogram("somebody.elses").record(3.5)
        url = f"http://127.0.0.1:{server.server_port}/otlp/v1/metrics"
        exporter = OTLPMetricExporter(endpoint=url, compression=None)
        exporter.export(reader.get_metrics_data())
        exporter.shutdown()
        provider.shutdown()
    finally:
        server.shutdown()
        server.server_close()
    return heard[0]


def test_the_real_exporter_is_understood(door, device):
    headers, body = recorded_by_the_real_exporter()
    machine, token = device

    kind = headers["content-type"]
    status, thanks = ask(door, token, gzip.compress(body), kind, **{"content-encoding": "gzip"})

    assert (status, thanks) == (200, b"")
    stream = StreamState.objects.get(stream__name="sales")
    assert stream.pending_records == 7
    assert stream.oldest_pending_at == NOON
    state = DeviceState.objects.get(device=machine)
    assert state.app == {"tx_5m": 40}
    assert state.reach["central"]["ok"] is True


def test_json_says_the_same_as_protobuf(door, device):
    status, thanks = ask(door, device[1], export(QUEUE))
    assert (status, thanks) == (200, b"{}")
    assert StreamState.objects.get().pending_records == 12


def test_an_export_that_is_sent_again_counts_once(door, device):
    ask(door, device[1], export(QUEUE))
    _status, thanks = ask(door, device[1], export(QUEUE))
    assert "not newer" in thanks.decode() or "newer than" in thanks.decode()
    later = ("siaga.stream.pending_records", 3, {"stream": "sales"})
    ask(door, device[1], export(later, nanos=NANOS + 60 * 10**9))

    assert Sample.objects.count() == 2
    assert SequenceLedger.objects.get().received == [[1, 2]]
    assert StreamState.objects.get().pending_records == 3


def test_an_export_sent_again_after_its_day_was_packed_counts_once(door, device):
    now = datetime.now(UTC)
    nanos = int((now - timedelta(minutes=1)).timestamp()) * 10**9
    ask(door, device[1], export(QUEUE, nanos=nanos))
    for _turn in range(3):
        pack_days(at=now + timedelta(days=1, hours=2))
    assert not Sample.objects.exists()

    _status, thanks = ask(door, device[1], export(QUEUE, nanos=nanos))

    assert "newer than" in thanks.decode()
    assert not Sample.objects.exists()
    assert SequenceLedger.objects.get().received == [[1, 1]]
    ask(door, device[1], export(QUEUE, nanos=nanos + 10**9))
    assert SequenceLedger.objects.get().received == [[1, 2]]


def test_an_export_sent_again_after_its_day_was_forgotten_counts_once(door, device):
    ask(door, device[1], export(QUEUE))
    Sample.objects.all().delete()

    _status, thanks = ask(door, device[1], export(QUEUE))

    assert "newer than" in thanks.decode()
    assert not Sample.objects.exists()


def test_strange_metrics_are_left_aside_and_counted(door, device):
    status, thanks = ask(door, device[1], export(QUEUE, ("go.threads", 9, {})))
    assert status == 200
    assert json.loads(thanks)["partialSuccess"]["rejectedDataPoints"] == "1"
    assert Sample.objects.count() == 1


def test_the_door_asks_for_the_devices_own_token(door, device):
    machine, token = device
    assert ask(door, "siaga_device_guess", export(QUEUE))[0] == 401
    revoke_device(device=machine, actor=None, at=NOON)
    assert ask(door, token, export(QUEUE))[0] in (401, 403)
    assert not Sample.objects.exists()


def test_the_quota_holds_here_too(device):
    door = OtlpDoor(DirectWriter(1), shares_thread=True, quota=QuotaBook(1, clock=lambda: 0.0))
    for minute in range(10):
        assert ask(door, device[1], export(QUEUE, nanos=NANOS + minute * 60 * 10**9))[0] == 200
    assert ask(door, device[1], export(QUEUE, nanos=NANOS + 3600 * 10**9))[0] == 429


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"resourceMetrics": 5}', "application/json", 400),
        (b"\xff\xff\xff", "application/x-protobuf", 400),
        (export(("siaga.stream.pending_records", -4, {"stream": "x"})), "application/json", 400),
        (export(QUEUE), "text/plain", 415),
    ],
)
def test_what_is_no_export_is_refused_with_a_sentence(door, device, body, kind, status):
    told, answer = ask(door, device[1], body, kind)
    assert told == status
    assert json.loads(answer)["detail"]
    assert not Sample.objects.exists()


@given(st.binary(max_size=300), st.booleans())
def test_no_bytes_break_the_reader(body, is_json):
    with contextlib.suppress(UnreadableBatchError):
        read_points(body, is_json=is_json)
