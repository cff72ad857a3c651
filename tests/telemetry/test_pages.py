"""Pages of the Sync section: what they show, and the secrets they show once."""

import base64
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.urls import reverse

from bcp_portal.accounts.roles import Role
from telemetry.models import Device, DeviceState, NodeState, PingCheck, SiteState, WebhookSource
from tests.make import NOON, make_device, make_site, make_stream_state, make_user

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.django_db


@pytest.fixture
def technician(client):
    user = make_user(Role.SYNC_TECHNICIAN, Role.INCIDENT_COMMANDER)
    client.force_login(user)
    return user


def test_the_site_page_never_shows_an_unknown_clock_as_fine(client, technician):
    device = make_device(heard_at=NOON, site=make_site(code="SBY-02"))
    make_stream_state(device, rpo=None, pending_records=7, oldest_pending_at=NOON)
    SiteState.objects.create(site=device.site, node_state=NodeState.ONLINE, pending_records=7)

    html = client.get(reverse("telemetry:site", args=["SBY-02"])).content.decode()

    assert "unknown" in html
    assert "nothing waits" not in html


def test_a_site_that_nobody_reports_from_says_so(client, technician):
    site = make_site()

    html = client.get(reverse("telemetry:site", args=[site.code])).content.decode()

    assert "Never heard" in html


def test_the_site_page_costs_the_same_with_many_devices(
    client, technician, django_assert_max_num_queries
):
    site = make_site()
    for _number in range(20):
        make_stream_state(make_device(heard_at=NOON, site=site), rpo=None)

    with django_assert_max_num_queries(30):
        client.get(reverse("telemetry:site", args=[site.code]))


@pytest.mark.parametrize("name", ["sites", "devices", "sessions", "signals", "monitors"])
def test_every_list_of_the_sync_section_opens(client, technician, name):
    make_device(heard_at=NOON)
    make_site()

    assert client.get(reverse(f"telemetry:{name}")).status_code == 200


def test_a_device_of_which_nothing_was_ever_heard_says_so_in_the_list_and_on_its_site(
    client, technician
):
    device = make_device()
    DeviceState.objects.filter(pk=device.pk).delete()
    client.force_login(technician)

    told = client.get(reverse("telemetry:devices"))
    site = client.get(reverse("telemetry:site", args=[device.site.code]))
    table = client.get(reverse("telemetry:devices"), {"export": "csv"})

    assert device.name in told.text
    assert "Never heard" in told.text
    assert site.text.count("Never heard") == 2
    assert table.status_code == 200


def test_a_device_is_enrolled_and_its_token_shown_once(client, technician):
    site = make_site()
    url = reverse("telemetry:device_enrol")

    shown = client.post(url, {"site": site.pk, "name": "till", "kind": "server"})
    again = client.get(url).content.decode()

    token = shown.context["told"]["token"]
    assert token in shown.content.decode()
    assert shown["Cache-Control"] == "no-store"
    assert token not in again
    assert token not in str(Device.objects.values())


def test_the_page_of_a_new_device_carries_the_file_that_the_agent_takes(
    client, technician, tmp_path
):
    site = make_site(code="TOKO-1")
    told = {"site": site.pk, "name": "Till 1", "kind": "server"}

    page = client.post(reverse("telemetry:device_enrol"), told).content.decode()

    kept = re.search('href="data:application/json;base64,([^"]+)" download="([^"]+)"', page)
    file = tmp_path / kept[2]
    file.write_bytes(base64.b64decode(kept[1]))
    enrolled = subprocess.run(
        [sys.executable, "-m", "siaga_agent", "enrol", "--home", str(tmp_path / "agent"),
         "--token-json", str(file)],
        cwd=ROOT / "agent", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert enrolled.returncode == 0, enrolled.stderr
    assert file.name == "TOKO-1-Till-1.json"
    assert f"siaga-agent enrol --token-json {file.name}" in page


def test_a_name_that_is_taken_is_refused_and_what_was_typed_stays(client, technician):
    device = make_device(name="till")

    html = client.post(
        reverse("telemetry:device_enrol"),
        {"site": device.site_id, "name": "till", "kind": "server"},
    ).content.decode()

    assert "already has a device" in html
    assert 'value="till"' in html


def test_a_job_gets_an_address_to_call(client, technician):
    shown = client.post(
        reverse("telemetry:ping_add"), {"name": "backup", "period": "24h", "grace": "1h"}
    )

    address = shown.context["told"]["address"].removeprefix("http://127.0.0.1:8000")
    assert client.get(address).status_code == 200
    assert PingCheck.objects.get().last_ok_at is not None


def test_a_monitor_that_was_revoked_is_not_heard(client, technician):
    shown = client.post(reverse("telemetry:source_add"), {"name": "am", "kind": "alertmanager"})
    address = shown.context["told"]["address"].removeprefix("http://127.0.0.1:8000")
    source = WebhookSource.objects.get()

    client.post(reverse("telemetry:source_revoke", args=[source.pk]))

    answer = client.post(address, {"alerts": []}, content_type="application/json")
    assert answer.status_code in (401, 403, 404)


def test_revoked_devices_of_a_selection_are_shut_out(client, technician):
    device = make_device()

    client.post(
        reverse("telemetry:devices_bulk"),
        {"action": "revoke", "ids": [device.pk], "revoke-reason": "stolen"},
    )

    device.refresh_from_db()
    assert device.revoked_at is not None


def test_a_viewer_may_not_enrol(client):
    client.force_login(make_user(Role.VIEWER))

    assert client.get(reverse("telemetry:device_enrol")).status_code == 403
