"""Lost devices by the API: shut out at once, settled by technicians."""

import pytest

from assets.models import Sector, SiteAssignment
from bcp_portal.accounts.roles import Role
from telemetry.models import DeviceLoss, NodeState
from tests.make import make_device, make_site, make_user

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/device-losses/"


def caller_of(client, role, *sites):
    user = make_user(role)
    for site in sites:
        SiteAssignment.objects.create(user=user, site=site)
    client.force_login(user)
    return user


def send(client, address=ADDRESS, **body):
    return client.post(address, body, content_type="application/json")


def test_a_program_reports_a_device_lost_and_its_token_opens_nothing_any_more(client):
    device = make_device()
    clerk = caller_of(client, Role.VIEWER, device.site)

    answer = send(client, node_id=str(device.node_id), reason="Left in a bus")

    assert answer.status_code == 201
    told = answer.json()
    assert (told["kind"], told["outcome"], told["is_late"]) == ("lost", "open", False)
    assert (told["node_id"], told["reported_by"]) == (str(device.node_id), clerk.username)
    device.refresh_from_db()
    assert device.revoked_at is not None
    assert device.state.node_state == NodeState.LOST
    assert client.get(f"{ADDRESS}{told['id']}/").json() == told


def test_the_device_of_another_site_and_one_reported_before_do_not_exist_by_the_api(client):
    device, other = make_device(), make_device()
    caller_of(client, Role.VIEWER, device.site)

    assert send(client, node_id=str(other.node_id)).status_code == 404
    assert send(client, node_id=str(device.node_id)).status_code == 201
    assert send(client, node_id=str(device.node_id)).status_code == 404
    assert DeviceLoss.objects.count() == 1


@pytest.mark.parametrize("noticed_at", ["2999-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "x"])
def test_a_loss_noticed_in_the_future_or_ages_ago_is_refused_with_a_sentence(client, noticed_at):
    device = make_device()
    caller_of(client, Role.VIEWER, device.site)

    answer = send(client, node_id=str(device.node_id), noticed_at=noticed_at)

    assert 400 <= answer.status_code < 500
    device.refresh_from_db()
    assert device.revoked_at is None


def test_a_health_device_goes_to_repair_by_the_api_only_with_its_cleaning(client):
    device = make_device(site=make_site(sector=Sector.HEALTH))
    caller_of(client, Role.SYNC_TECHNICIAN, device.site)
    loss = send(client, node_id=str(device.node_id), kind="damaged").json()
    settle = f"{ADDRESS}{loss['id']}/settle/"

    refused = send(client, settle, outcome="repair")
    settled = send(
        client, settle, outcome="repair", cleaned_by="Sari", cleaned_how="Chlorine",
        cleaned_at=loss["reported_at"],
    )  # fmt: skip

    assert 400 <= refused.status_code < 500
    assert settled.status_code == 200
    assert settled.json()["outcome"] == "repair"
    assert [row["id"] for row in client.get(f"{ADDRESS}?outcome=repair").json()["results"]] == [
        loss["id"]
    ]


def test_who_may_only_look_does_not_settle_by_the_api(client):
    device = make_device()
    caller_of(client, Role.VIEWER, device.site)
    loss = send(client, node_id=str(device.node_id)).json()

    assert send(client, f"{ADDRESS}{loss['id']}/settle/", outcome="found").status_code == 403
