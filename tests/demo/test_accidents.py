"""What the drills do is done to real tills, a real centre and a real backup."""

import random
import threading
from datetime import timedelta

import pytest

from bcp_portal.audit.models import AuditRow
from bcp_portal.demo.drills import DRILLS, Switches
from bcp_portal.demo.menu import MENU
from bcp_portal.demo.places import PLACES
from bcp_portal.demo.safe import Safe
from bcp_portal.demo.stock import QUOTA, SKU, centre_leases, has_quota_left, shop_leases
from siaga_agent.till_central import make_server
from siaga_agent.till_push import PowerCutError, Pusher
from siaga_agent.till_queue import TillQueue
from telemetry.services.stream import agree_interval
from tests.make import NOON, make_site


@pytest.fixture
def centre(tmp_path):
    server = make_server(tmp_path / "centre", port=0)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def till(tmp_path, centre):
    queue = TillQueue(tmp_path / "till")
    for _ in range(5):
        queue.ring_up(at=NOON, dice=random.Random(1))
    address = f"http://127.0.0.1:{centre.server_port}"
    yield tmp_path / "till", queue, Pusher(tmp_path / "till", queue, central=address, till="T")
    queue.close()


def test_a_push_cut_off_by_the_plug_is_told_after_the_start_and_counts_once(till, tmp_path):
    home, queue, pusher = till
    (home / "unplug").touch()
    with pytest.raises(PowerCutError):
        pusher.push()

    assert queue.sessions_after(0)[0] == []
    assert pusher.recover()
    assert not pusher.recover()
    [cut] = queue.sessions_after(0)[0]
    assert (cut["outcome"], cut["errors"][0]["code"]) == ("aborted", "broken_off")

    assert pusher.push()
    worked = queue.sessions_after(0)[0][-1]
    assert (worked["outcome"], worked["records_out"], worked["duplicates"]) == ("ok", 5, 0)


def test_a_till_gone_bad_spoils_each_push_and_sends_its_day_again(till):
    home, queue, pusher = till
    assert pusher.push()
    (home / "faulty").touch()
    for _ in range(2):
        queue.ring_up(at=NOON, dice=random.Random(2))
        pusher.push()

    sessions = queue.sessions_after(0)[0]
    assert [one["outcome"] for one in sessions] == ["ok", "partial", "partial"]
    assert [one["duplicates"] for one in sessions] == [0, 5, 6]
    (home / "faulty").unlink()
    assert pusher.repair()
    assert queue.sessions_after(0)[0][-1]["outcome"] == "ok"


def test_what_a_shop_sells_unseen_is_told_against_its_quota(tmp_path):
    queue = TillQueue(tmp_path)
    while has_quota_left(queue):
        queue.ring_up(at=NOON, dice=random.Random(3), sku=SKU)

    assert shop_leases(queue, "BKS-01") == [{"sku": SKU, "granted": QUOTA, "used": QUOTA}]
    assert shop_leases(queue, "SBY-01") == []
    [stock] = centre_leases()
    assert stock["granted"] - stock["used"] < QUOTA
    queue.close()


def test_the_centres_backup_is_encrypted_read_back_and_can_be_lost(tmp_path, centre):
    safe = Safe(tmp_path / "centre", tmp_path / "safe")
    safe.set_lost(lost=False)
    told = safe.told()

    assert (told["target"], told["encrypted"]) == ("external_media", True)
    assert not (tmp_path / "safe/central.backup").read_bytes().startswith(b"SQLite")
    safe.set_lost(lost=True)
    safe.renew()
    assert safe.told() == {"target": "none"}


def test_every_drill_of_the_menu_can_be_thrown_at_its_usual_place():
    for drill in MENU:
        for name in filter(None, (drill.throw, drill.mend)):
            assert drill.usual in DRILLS[name].places()
        assert not drill.switch or hasattr(Switches(), drill.switch)


def test_a_cut_provider_silences_its_sites_in_every_region_and_no_other():
    switches = Switches(cut_providers=["Jawanet"])

    silent = {place.code for place in PLACES if switches.cuts(place)}

    assert silent == {place.code for place in PLACES if place.provider == "Jawanet"}
    assert len(silent) >= 4


@pytest.mark.django_db
def test_an_agreed_interval_is_kept_once_and_written_down():
    site = make_site()
    for _ in range(2):
        stream = agree_interval(
            site=site, name="sales", every=timedelta(seconds=30), actor=None, at=NOON
        )

    assert stream.expected_every == timedelta(seconds=30)
    assert AuditRow.objects.filter(action="stream.agree_interval").count() == 1
