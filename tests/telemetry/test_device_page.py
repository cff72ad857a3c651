"""The page of one device: what it is, what it said, what was concluded; unknown stays unknown."""

from datetime import timedelta

import pytest
from django.urls import reverse

from assets.models import SiteAssignment
from bcp_portal.accounts.roles import Role
from telemetry.models import DeviceState, NodeState
from telemetry.models.device_loss import LossKind
from telemetry.services.device import revoke_device
from telemetry.services.device_loss import report_loss
from tests.make import NOON, make_device, make_site, make_stream_state, make_user
from tests.make_incidents import make_signal

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def site():
    return make_site(code="SBY-02", name="Surabaya Timur")


@pytest.fixture
def till(site):
    return make_device(site=site, name="till", heard_at=NOON)


@pytest.fixture
def technician(client, site):
    person = make_user(Role.SYNC_TECHNICIAN)
    SiteAssignment.objects.create(user=person, site=site)
    client.force_login(person)
    return person


def page_of(client, device, part=""):
    address = reverse("telemetry:device", args=[device.node_id])
    return client.get(address, {"part": part} if part else {}).text


def say(device, **facts):
    DeviceState.objects.filter(device=device).update(**facts)


@pytest.mark.usefixtures("technician")
def test_it_shows_state_streams_protection_and_what_the_device_says_of_itself(client, till):
    make_stream_state(till, rpo=30 * MINUTE, pending_records=41, oldest_pending_at=NOON)
    say(
        till,
        agent={"version": "3.4", "uptime_s": 7200, "outbox_items": 12},
        host={"disk_free_pct": 8.5, "on_ups": True},
        link={"medium": "cellular", "isp": "Nusalink"},
        posture={"at": NOON.isoformat(), "disk_encrypted": False},
    )

    page = page_of(client, till)

    for words in (
        "till",
        "SBY-02",
        "41",
        "3.4",
        "2 h",
        "cellular · Nusalink",
        "8.5 %",
        "on the UPS",
    ):
        assert words in page
    assert "disk encrypted" in page


@pytest.mark.usefixtures("technician")
def test_it_tells_what_was_reached_while_nobody_heard_it(client, till):
    quiet = page_of(client, till, "now")
    say(till, reach_while_silent={"gateway": {"ok": True}, "internet": {"ok": False}})

    assert "Reach while it was silent" not in quiet
    assert "Reach while it was silent" in page_of(client, till, "now")


@pytest.mark.usefixtures("technician")
def test_a_device_that_never_spoke_is_unknown_and_not_fine(client, site):
    silent = make_device(site=site, name="new")
    DeviceState.objects.filter(device=silent).delete()

    page = page_of(client, silent)

    assert "Never heard" in page
    assert "It has said nothing yet" in page
    assert page.count("tone-unknown") >= 4


@pytest.mark.usefixtures("technician")
def test_only_its_own_conclusions_stand_on_it(client, site, till):
    other = make_device(site=site, name="office")
    make_signal(device=till, site=site, title="Clock of the till is off", key="a")
    make_signal(device=other, site=site, title="Clock of the office is off", key="b")

    page = page_of(client, till, "signals")

    assert "Clock of the till is off" in page
    assert "Clock of the office is off" not in page


def test_a_lost_device_says_so_and_is_not_reported_twice(client, till, technician):
    before = page_of(client, till)
    loss = report_loss(
        device=till, kind=LossKind.LOST, noticed_at=NOON, actor=technician, at=NOON + MINUTE
    )
    after = page_of(client, till)

    assert reverse("telemetry:report_lost") in before
    assert reverse("telemetry:loss", args=[loss.pk]) in after
    assert f"{reverse('telemetry:report_lost')}?device" not in after
    assert "Nothing it says is taken any more" in after


def test_a_revoked_device_is_nothing_else_any_more(client, till, technician):
    say(till, node_state=NodeState.ONLINE)
    revoke_device(device=till, actor=make_user(Role.ADMINISTRATOR), at=NOON, reason="Sold")

    assert "Revoked" in page_of(client, till, "now")
    assert "Online" not in page_of(client, till, "now")


@pytest.mark.usefixtures("technician")
def test_the_lists_lead_there(client, site, till):
    address = reverse("telemetry:device", args=[till.node_id])

    assert address in client.get(reverse("telemetry:devices")).text
    assert address in client.get(reverse("telemetry:site", args=[site.code])).text


@pytest.mark.usefixtures("technician")
def test_it_asks_as_much_for_much_as_for_little(client, site, till, django_assert_max_num_queries):
    for number in range(12):
        make_signal(device=till, site=site, title="Clock is off", key=f"k{number}")

    with django_assert_max_num_queries(20):
        page_of(client, till)
