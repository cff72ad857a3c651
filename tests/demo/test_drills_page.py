"""The drills page: switches of the demo's fleet, only where there is one."""

import json
import re

import pytest
from django.urls import reverse

from bcp_portal.accounts.roles import Role
from bcp_portal.audit.models import AuditRow
from bcp_portal.demo.drills import fleet_folder, read_switches
from bcp_portal.demo.menu import MENU
from bcp_portal.demo.places import PLACES
from siaga_agent.enrol import enrol
from telemetry.ordering.signing import public_key
from telemetry.ordering.spoken import order_words, voice_key
from tests.make import make_region, make_site, make_user
from tests.make_orders import current, give, make_heard_site
from tests.telemetry.orders.test_order_pages import sign_in

pytestmark = pytest.mark.django_db
PAGE = "/drills/"


@pytest.fixture
def folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    fleet_folder(tmp_path).mkdir()
    return fleet_folder(tmp_path)


@pytest.fixture
def commander(client):
    user = make_user(Role.INCIDENT_COMMANDER)
    client.force_login(user)
    return user


def test_a_cut_link_is_written_down_for_the_fleet_and_for_the_auditor(client, folder, commander):
    make_region(code="JTM")

    answer = client.post(PAGE, {"drill": "cut-link", "place": "JTM"}, follow=True)

    assert read_switches(folder).cut == ["JTM"]
    assert "Restore the link of Jawa Timur" in answer.content.decode()
    row = AuditRow.objects.get(action="drill.cut-link")
    assert (row.actor_id, row.object_code) == (commander.pk, "JTM")


def test_a_restored_link_is_whole_again(client, folder, commander):
    make_region(code="JTM")
    for drill in ("cut-link", "restore-link"):
        client.post(PAGE, {"drill": drill, "place": "JTM"})

    assert read_switches(folder).cut == []


def test_the_centre_stops_and_starts(client, folder, commander):
    make_site(code="DC-JKT")

    client.post(PAGE, {"drill": "stop-centre"})
    assert read_switches(folder).centre_stopped
    client.post(PAGE, {"drill": "start-centre"})
    assert not read_switches(folder).centre_stopped


def test_a_provider_is_taken_down_and_the_trail_names_one_of_its_sites(client, folder, commander):
    make_site(code="JKT-01", provider="Nusalink")

    client.post(PAGE, {"drill": "cut-provider", "place": "Nusalink"})

    assert read_switches(folder).cut_providers == ["Nusalink"]
    assert AuditRow.objects.get(action="drill.cut-provider").object_code == "JKT-01"
    client.post(PAGE, {"drill": "restore-provider", "place": "Nusalink"})
    assert read_switches(folder).cut_providers == []


def test_every_drill_of_the_menu_is_thrown_and_mended_from_the_page(client, folder, commander):
    make_region(code="JTM")
    for place in PLACES:
        make_site(code=place.code, provider=place.provider)
    for drill in MENU:
        for name in filter(None, (drill.throw, drill.mend)):
            page = client.post(PAGE, {"drill": name, "place": drill.usual}, follow=True)
            assert "The fleet follows" in page.text, name


@pytest.mark.parametrize(
    ("drill", "place"),
    [
        ("", ""),
        ("cut-link", "XX"),
        ("corrupt", "DC-JKT"),
        ("burn", "JTM"),
        ("cut-provider", "Fiberindo"),
        ("forget-sync", "JTM"),
    ],
)
def test_what_is_no_drill_changes_nothing(client, folder, commander, drill, place):
    make_region(code="JTM")
    make_site(code="DC-JKT")

    answer = client.post(PAGE, {"drill": drill, "place": place}, follow=True)

    assert "There is no" in answer.content.decode()
    assert not (folder / "switches.json").exists()
    assert not AuditRow.objects.filter(action__startswith="drill.").exists()


def test_without_a_fleet_there_is_no_drill_and_no_entry_in_the_rail(
    client, settings, tmp_path, commander
):
    settings.DATA_DIR = tmp_path

    page = client.get(PAGE).content.decode()
    assert "No demo fleet runs here" in page
    assert f'href="{PAGE}"' not in client.get(reverse("incidents:list")).content.decode()


def test_with_a_fleet_the_rail_leads_to_the_drills(client, folder, commander):
    assert f'href="{PAGE}"' in client.get(reverse("incidents:list")).content.decode()


def test_a_viewer_throws_no_switch(client, folder):
    client.force_login(make_user(Role.VIEWER))

    assert client.post(PAGE, {"drill": "stop-centre"}).status_code == 403
    assert not read_switches(folder).centre_stopped


def test_an_order_said_to_the_agent_of_a_shop_is_answered_and_becomes_the_verdict(client, folder):
    site, device = make_heard_site(code="SBY-02")
    give(site)
    sign_in(client)
    home = folder / "SBY-02" / "agent"
    enrolled_home(home, device)
    words = order_words(current(site), device)
    by_hand = reverse("telemetry:order_by_hand", args=[site.code])

    wrong = client.post(PAGE, {"drill": "say", "place": "SBY-02", "words": "bako"}, follow=True)
    said = client.post(PAGE, {"drill": "say", "place": "SBY-02", "words": words}, follow=True)
    answer = re.search(r"has read it and answers: ((?:\w{4} ?){4})", said.text)[1].strip()
    client.post(by_hand, {"words": answer})

    assert "The site does not take it" in wrong.text
    assert "It takes 8 words; these are 1" in wrong.text
    assert "SBY-02 answered order number 1: " in client.get(PAGE).text
    assert AuditRow.objects.filter(action="drill.say").count() == 1


def enrolled_home(home, device):
    """The folder of an agent that was enrolled for this device."""
    told = {
        "node_id": str(device.node_id), "site": device.site.code, "name": device.name,
        "token": "secret-token", "portal": "http://127.0.0.1:1", "orders_key": public_key(),
        "voice_key": voice_key(device),
    }  # fmt: skip
    home.parent.mkdir()
    invitation = home.parent / "invitation.json"
    invitation.write_text(json.dumps(told))
    enrol(home=home, token_json=str(invitation))
