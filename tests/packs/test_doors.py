"""The pack at the doors: devices fetch it and bring ticks, people see who holds what."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from bcp_portal.accounts.roles import Role
from bcp_portal.audit.models import AuditRow
from incidents.services.site_pack import make_packs
from risks.indicators.fleet import packs_stale
from telemetry.models import PackCopy, PackMark
from telemetry.services.device import enrol_device, revoke_device
from telemetry.services.site_pack import note_copy
from tests.make import NOON, make_device, make_site, make_user
from tests.make_packs import make_pack
from tests.make_telemetry import iso
from tests.telemetry.ingest.test_door import DirectWriter, SiteDoor, ask

pytestmark = pytest.mark.django_db
PACK, MARKS = "/api/telemetry/v1/pack", "/api/telemetry/v1/pack/marks"


@pytest.fixture
def door():
    return SiteDoor(DirectWriter(1), shares_thread=True)


@pytest.fixture
def enrolled():
    return enrol_device(site=make_site(), name="till", actor=None, at=NOON)


def fetch(door, token, **headers):
    return ask(door, token, path=PACK, method="GET", **headers)


def mark(**fields):
    base = {"op_id": str(uuid4()), "kind": "tick", "item": "dark.call", "at": iso(NOON)}
    return base | fields


def tell(door, token, *marks):
    return ask(door, token, json.dumps({"marks": marks}).encode(), path=MARKS)


def test_a_device_fetches_the_pack_of_its_own_site_once(door, enrolled):
    device, token = enrolled
    make_site()
    assert fetch(door, token)[0] == 404
    pack = make_pack(device.site)

    status, headers, told = fetch(door, token)
    again, _headers, nothing = fetch(door, token, if_none_match=f'"{pack.digest}"')

    assert status == 200
    assert told["envelope"] == pack.envelope
    assert device.site.name in told["html"]
    assert dict(headers)[b"etag"].decode() == f'"{pack.digest}"'
    assert (again, nothing) == (304, None)


def test_asking_for_news_says_what_the_device_holds(door, enrolled):
    device, token = enrolled
    pack = make_pack(device.site)
    fetch(door, token)
    assert not PackCopy.objects.exists(), "what was sent is not yet held"
    fetch(door, token, if_none_match=f'"{pack.digest}"')
    assert PackCopy.objects.get().digest == pack.digest


def test_a_stranger_and_a_revoked_device_get_nothing(door, enrolled):
    device, token = enrolled
    make_pack(device.site)
    assert fetch(door, "")[0] == 401
    revoke_device(device=device, actor=None, at=NOON)
    assert fetch(door, token)[0] == 403
    assert tell(door, token, mark())[0] == 403
    assert not PackMark.objects.exists()


def test_a_tick_made_without_a_link_arrives_once_with_both_times(door, enrolled):
    device, token = enrolled
    pack = make_pack(device.site)
    one = mark(digest=pack.digest, who="Sari", offset_ms=60_000, uncertainty_ms=50)

    first = tell(door, token, one)
    second = tell(door, token, one)

    assert first[2] == second[2] == {"taken": [one["op_id"]], "refused": {}}
    row = PackMark.objects.get()
    assert (row.said_at, row.happened_at) == (NOON, NOON - timedelta(minutes=1))
    assert row.received_at > row.happened_at
    assert row.words.startswith("Call the first person")
    assert AuditRow.objects.filter(action="pack.tick").count() == 1


def test_one_bad_mark_spoils_no_other_and_no_device_speaks_for_another(door, enrolled):
    device, token = enrolled
    good, bad = mark(), mark(kind="order")
    status, _headers, told = tell(door, token, bad, good, mark(kind="note", words=" "))
    assert status == 200
    assert told["taken"] == [good["op_id"]]
    assert len(told["refused"]) == 2
    assert ask(door, token, b"{", path=MARKS)[0] == 400

    _other, other_token = enrol_device(site=device.site, name="two", actor=None, at=NOON)
    assert tell(door, other_token, good)[2]["taken"] == []
    assert PackMark.objects.count() == 1


def test_a_device_gone_wild_fills_no_table(door, enrolled, monkeypatch):
    monkeypatch.setattr("telemetry.services.site_pack.MARKS_A_DAY", 3)
    _device, token = enrolled
    told = tell(door, token, *(mark() for _number in range(5)))[2]
    assert (len(told["taken"]), len(told["refused"])) == (3, 2)


def test_a_time_from_the_future_is_not_believed(door, enrolled):
    _device, token = enrolled
    tell(door, token, mark(at="2999-01-01T00:00:00Z"), mark(at="0001-01-01T00:00:00Z", offset_ms=9))
    assert all(row.happened_at <= row.received_at for row in PackMark.objects.all())
    assert PackMark.objects.count() == 2


def fleet(*, at):
    """Three devices of one site: one holds the edition in force, one an older one, one none."""
    site = make_site()
    devices = [make_device(site=site, name=name) for name in ("current", "older", "never")]
    old = make_pack(site, at=at - timedelta(days=2))
    site.phone = "+62 31 1"
    site.save()
    new = make_pack(site, at=at - timedelta(days=1))
    note_copy(device=devices[0], number=new.number, digest=new.digest, at=at)
    note_copy(device=devices[1], number=old.number, digest=old.digest, at=at)
    return site


def test_the_site_page_shows_which_copies_are_stale(client):
    site = fleet(at=timezone.now())
    client.force_login(make_user(Role.INCIDENT_COMMANDER))
    for url in (f"/sites/{site.code}/", f"/sites/{site.code}/pack/"):
        page = client.get(url).content.decode()
        assert page.count("status-stale") >= 1, url
        assert page.count("status-missing") == 1, url
        assert page.count("status-current") == 1, url


def test_the_list_and_the_indicator_find_stale_copies(client):
    now = timezone.now()
    fleet(at=now)
    client.force_login(make_user(Role.INCIDENT_COMMANDER))
    listed = client.get("/devices/packs/?stale=yes&export=csv")
    text = b"".join(listed.streaming_content).decode()
    assert "older" in text
    assert "never" in text
    assert "current" not in text
    assert client.get("/devices/packs/?export=xlsx").status_code == 200
    assert "older" in client.get("/devices/?stale_pack=yes").content.decode()
    assert round(packs_stale(now)[None]) == 67


def test_the_file_can_be_taken_along_and_that_is_on_the_trail(client):
    pack = make_pack(make_site(code="SBY-02"))
    client.force_login(make_user(Role.INCIDENT_COMMANDER))
    answer = client.get("/sites/SBY-02/pack/file/")
    assert answer["Content-Disposition"] == 'attachment; filename="SBY-02-v1.html"'
    assert pack.site.name in answer.content.decode()
    assert AuditRow.objects.filter(action="pack.read").count() == 1


def test_who_may_not_see_a_site_does_not_see_its_pack(client):
    make_pack(make_site(code="SBY-02"))
    client.force_login(make_user(Role.RESPONDER))
    for part in ("", "file/"):
        assert client.get(f"/sites/SBY-02/pack/{part}").status_code == 404
    client.force_login(make_user(Role.ADMINISTRATOR))
    assert client.get("/sites/SBY-02/pack/").status_code == 403


def test_it_is_asked_for_as_paper(client):
    make_packs(at=NOON)
    site = make_site()
    make_pack(site)
    client.force_login(make_user(Role.INCIDENT_COMMANDER))
    answer = client.post(f"/sites/{site.code}/pack/report/")
    assert answer.status_code == 302
    assert answer.url.startswith("/reports/")
