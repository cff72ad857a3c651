"""The site's pack at the site: only the sealed one, always whole, shown to this machine alone."""

import base64
import http.client
import json
import os
import signal
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

import pytest

from bcp_portal.shared.ports import free_port
from siaga_agent.clock import ClockReading
from siaga_agent.marks import Marks, new_id
from siaga_agent.orders import Trust
from siaga_agent.pack import PACK_TYPE, PackRejectedError, PackShelf, fetch_pack, tell_marks
from siaga_agent.pack_keeper import PackKeeper
from siaga_agent.pack_page import PackPage, policy_of
from tests.agent.make_agent import NOON, SetClock, make_outbox
from tests.agent.make_orders import HQ, TRUST, document, sealed

PAGE = "<!doctype html><style>p{}</style><p>Telepon Dewi +62 811<script>1;</script>"


def packed(number: int = 1, html: str = PAGE, *, site: str = "SBY-02", kind: str = PACK_TYPE):
    told = {
        "version": 1, "site": site, "number": number, "made_at": "2026-11-22T12:00:00+00:00",
        "sha256": sha256(html.encode()).hexdigest(),
    }  # fmt: skip
    payload = json.dumps(told).encode()
    signed = b"DSSEv1 %d %b %d %b" % (len(kind), kind.encode(), len(payload), payload)
    envelope = {
        "payloadType": kind,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [{"keyid": "hq", "sig": base64.b64encode(HQ.sign(signed)).decode()}],
    }
    return {"envelope": envelope, "html": html}


def flipped(text: str) -> str:
    """The same with one bit of one byte changed, still base64."""
    raw = bytearray(base64.b64decode(text))
    raw[len(raw) // 2] ^= 1
    return base64.b64encode(raw).decode()


def shelf_in(folder, trust=TRUST):
    return PackShelf(folder, make_outbox(folder), trust=trust)


@pytest.fixture
def shelf(tmp_path):
    return shelf_in(tmp_path)


def in_html(told):
    told["html"] = told["html"].replace("811", "911")


def in_payload(told):
    told["envelope"]["payload"] = flipped(told["envelope"]["payload"])


def in_signature(told):
    entry = told["envelope"]["signatures"][0]
    entry["sig"] = flipped(entry["sig"])


@pytest.mark.parametrize("change", [in_html, in_payload, in_signature])
def test_one_flipped_byte_is_refused_and_the_old_pack_stays(shelf, tmp_path, change):
    shelf.take(packed(1))
    told = packed(2)
    change(told)
    with pytest.raises(PackRejectedError):
        shelf.take(told)
    assert shelf_in(tmp_path).read().number == 1


@pytest.mark.parametrize(
    "told",
    [
        packed(2, site="JTM-01"),
        packed(2, kind="application/vnd.siaga.order+json"),
        {"envelope": sealed(document()), "html": PAGE},
        {"envelope": {}, "html": PAGE},
        {"html": 5},
    ],
    ids=["another site's", "sealed as an order", "an order", "no seal", "no page"],
)
def test_what_is_no_pack_of_this_site_is_refused(shelf, told):
    shelf.take(packed(1))
    with pytest.raises(PackRejectedError):
        shelf.take(told)
    assert shelf.read().number == 1


def test_an_older_edition_is_refused_also_after_a_restart(shelf, tmp_path):
    shelf.take(packed(5))
    for held in (shelf, shelf_in(tmp_path)):
        with pytest.raises(PackRejectedError, match="older"):
            held.take(packed(4))
    (tmp_path / "pack.sealed").unlink()
    with pytest.raises(PackRejectedError, match="older"):
        shelf_in(tmp_path).take(packed(4))


def test_who_knows_no_key_believes_no_pack(tmp_path):
    with pytest.raises(PackRejectedError, match="enrol"):
        shelf_in(tmp_path, Trust("", "SBY-02")).take(packed())


@pytest.mark.parametrize("moment", ["replace", "fsync"])
def test_killed_between_download_and_rename_the_old_pack_is_whole(tmp_path, moment, monkeypatch):
    shelf_in(tmp_path).take(packed(1))
    child = os.fork()
    if child == 0:
        shelf = shelf_in(tmp_path)
        shelf.read()
        setattr(os, moment, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        shelf.take(packed(2))
        os._exit(0)
    _pid, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL

    after = shelf_in(tmp_path)
    assert after.read().number == 1
    assert after.take(packed(2)).number == 2
    assert shelf_in(tmp_path).read().html == PAGE


def test_the_disk_shows_neither_the_people_nor_what_was_written(shelf, tmp_path):
    shelf.take(packed())
    shelf.marks.keep({"op_id": new_id(), "kind": "note", "words": "Genset mati"}, at=NOON)
    shelf.marks._outbox.close()
    disk = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"Dewi" not in disk
    assert b"Genset" not in disk


# -- the line to headquarters


class Line:
    """The portal as the keeper sees it."""

    def __init__(self, told=None):
        self.told, self.held, self.marks, self.lose = told, [], {}, 0
        self.is_there = True

    def get_pack(self, *, number, digest):
        self.held.append(number)
        same = self.told is None or sha256(self.told["html"].encode()).hexdigest() == digest
        return Reply(self.is_there and not same, self.told)

    def post_marks(self, marks):
        if not self.is_there:
            return Reply(False, None)
        for mark in marks:
            self.marks.setdefault(mark["op_id"], []).append(mark)
        if self.lose:
            self.lose -= 1
            return Reply(False, None)
        return Reply(True, {"taken": [mark["op_id"] for mark in marks], "refused": {}})


class Reply:
    def __init__(self, ok, body):
        self.is_success, self.body = ok, body


def test_a_new_edition_is_fetched_and_headquarters_learns_of_it_at_once(shelf):
    line = Line(packed(3))
    assert fetch_pack(shelf, line).number == 3
    assert line.held == [0, 3]
    assert fetch_pack(shelf, line) is None


def test_the_keeper_survives_a_forged_pack_and_asks_again(shelf):
    forged = packed(2)
    in_html(forged)
    clock, line = SetClock(), Line(forged)
    shelf.take(packed(1))
    keeper = PackKeeper(shelf, line, clock=clock)
    keeper.turn()
    assert shelf.read().number == 1
    line.told = packed(2, PAGE + "2")
    clock.mono += 700_000
    keeper.turn()
    assert shelf.read().number == 2


def test_a_tick_made_without_a_link_arrives_once_with_its_own_time(shelf, tmp_path):
    shelf.take(packed())
    clock, line = SetClock(), Line()
    page = PackPage(shelf, port=0, clock=clock, reading=lambda: ClockReading(40, 5, NOON))
    line.is_there = False
    page.keep({"kind": "tick", "item": "dark.call", "who": "Sari"})
    assert tell_marks(shelf, line, at=clock.now()) is False
    assert page.told()["waiting"] == 1

    clock.at += timedelta(hours=2)
    again = shelf_in(tmp_path)  # the machine was restarted meanwhile
    line.is_there, line.lose = True, 1
    assert tell_marks(again, line, at=clock.now()) is False
    assert tell_marks(again, line, at=clock.now()) is True
    assert tell_marks(again, line, at=clock.now()) is None

    ((op_id, told),) = line.marks.items()
    assert told[0] == told[1], "told twice, the same to the letter: it counts once"
    assert told[0]["at"] == "2026-11-22T12:00:00.000Z"
    assert (told[0]["offset_ms"], told[0]["who"]) == (40, "Sari")
    assert UUID(op_id).version == 7


def test_what_was_ticked_in_another_week_is_not_ticked_today(shelf):
    marks = Marks(shelf.marks._outbox)
    marks.keep({"op_id": new_id(), "kind": "tick", "item": "dark.call"}, at=NOON)
    assert len(marks.shown(at=NOON + timedelta(days=2))) == 1
    assert marks.shown(at=NOON + timedelta(days=4)) == []
    assert marks.waiting_count() == 1, "but it is told all the same"


# -- the page on this machine


@pytest.fixture
def page(shelf):
    shelf.take(packed())
    page = PackPage(shelf, port=free_port(), clock=SetClock())
    assert page.open()
    yield page
    page.close()


def ask(page, method, path, body=None, **headers):
    line = http.client.HTTPConnection("127.0.0.1", page.port, timeout=5)
    if body is not None:
        headers.setdefault("content_type", "application/json")
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    line.request(method, path, body=body, headers=told)
    answer = line.getresponse()
    content = answer.read()
    line.close()
    return answer.status, answer.headers, content


def test_the_page_is_shown_with_a_policy_that_lets_nothing_else_run(page):
    status, headers, body = ask(page, "GET", "/")
    assert (status, body.decode()) == (200, PAGE)
    policy = headers["Content-Security-Policy"]
    assert policy == policy_of(PAGE)
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert base64.b64encode(sha256(b"1;").digest()).decode() in policy


@pytest.mark.parametrize(
    "path", ["/../agent.json", "//etc/passwd", "/agent.key", "/%2e%2e/", "/?x"]
)
def test_nothing_but_the_page_can_be_read(page, path):
    assert ask(page, "GET", path)[0] == 404


def test_only_this_machine_is_served(page):
    assert page._server.server_address[0] == "127.0.0.1"
    assert ask(page, "GET", "/", host="evil.example")[0] == 421


def test_no_other_page_of_the_browser_can_tick(page):
    tick = json.dumps({"kind": "tick", "item": "dark.call"})
    assert ask(page, "POST", "/marks", tick, origin="https://evil.example")[0] == 403
    assert ask(page, "POST", "/marks", tick, host="evil.example")[0] == 403
    assert ask(page, "POST", "/marks", tick, content_type="text/plain")[0] == 403
    assert page.told()["marks"] == []
    assert ask(page, "POST", "/marks", tick, origin=f"http://127.0.0.1:{page.port}")[0] == 200
    assert page.told()["waiting"] == 1


@pytest.mark.parametrize(
    "body", ["{", "[]", '{"kind": "order"}', '{"kind": "tick"}', '{"kind": "note", "words": " "}',
             '{"kind": "tick", "item": 5}', '{"kind": "tick", "item": "a", "op_id": "x"}'],
)  # fmt: skip
def test_what_is_no_tick_is_refused_and_keeps_nothing(page, body):
    assert ask(page, "POST", "/marks", body)[0] == 400
    assert ask(page, "POST", "/marks", "x" * 9000)[0] == 413
    assert page.told()["marks"] == []


def test_a_port_that_is_taken_stops_nothing(shelf, page):
    other = PackPage(shelf, port=page.port, clock=SetClock())
    assert other.open() is False
    other.close()
