"""The mapping editor: a sample shows the alerts it would make; what is saved is what is read."""

import json

import pytest
from django.urls import reverse

from bcp_portal.accounts.roles import Role
from bcp_portal.audit.models import AuditRow
from telemetry.models import Signal, WebhookSource
from tests.make import make_site, make_user

pytestmark = pytest.mark.django_db
SAMPLE = json.dumps(
    {
        "checks": [
            {"id": key, "text": text, "state": {"now": state}, "host": {"site": "SBY-02"}}
            for key, text, state in (
                ("disk-7", "Disk full", "DOWN"),
                ("ups-1", "On battery", "gut"),
            )
        ]
    }
)  # fmt: skip
SAID = {
    "name": "House monitor", "sample": SAMPLE, "at_items": "checks", "at_key": "id",
    "at_title": "text", "at_status": "state.now", "at_site": "host.site",
    "resolved_values": "gut, fein",
}  # fmt: skip


@pytest.fixture
def technician(client):
    user = make_user(Role.SYNC_TECHNICIAN, Role.INCIDENT_COMMANDER)
    client.force_login(user)
    return user


def test_a_sample_alone_shows_what_lies_where(client, technician):
    html = client.post(
        reverse("telemetry:mapping_add"), {"sample": SAMPLE, "at_items": "checks", "preview": "1"}
    ).content.decode()

    assert "state.now" in html
    assert "host.site" in html
    assert not WebhookSource.objects.exists()


def test_the_preview_shows_the_alerts_the_door_would_make_and_saves_nothing(client, technician):
    html = client.post(reverse("telemetry:mapping_add"), SAID | {"preview": "1"}).content.decode()

    assert "Disk full" in html
    assert "Firing" in html
    assert "Over" in html
    assert not WebhookSource.objects.exists()


def test_what_was_saved_reads_the_next_delivery(client, technician):
    make_site(code="SBY-02")
    html = client.post(reverse("telemetry:mapping_add"), SAID | {"save": "1"}).content.decode()
    address = html.split("/hooks/generic/")[1].split("<")[0]

    answer = client.post(f"/hooks/generic/{address}", SAMPLE, content_type="application/json")

    assert answer.json() == {"firing": 1}
    assert Signal.objects.open().get().site.code == "SBY-02"
    assert "paste" not in str(WebhookSource.objects.get().mapping)


def test_a_changed_mapping_is_kept_with_its_history(client, technician):
    client.post(reverse("telemetry:mapping_add"), SAID | {"save": "1"})
    source = WebhookSource.objects.get()
    url = reverse("telemetry:mapping_edit", args=[source.pk])
    assert "state.now" in client.get(url).content.decode()

    client.post(url, SAID | {"at_title": "id", "save": "1"})

    source.refresh_from_db()
    assert source.mapping["title"] == "id"
    row = AuditRow.objects.get(action="webhook_source.map")
    assert row.before["mapping"]["title"] == "text"
    assert row.after["mapping"]["title"] == "id"


@pytest.mark.parametrize("sample", ["{", "[1, 2]", '{"checks": []}', "[" * 5000])
def test_a_sample_that_cannot_be_read_is_told_in_a_sentence(client, technician, sample):
    answer = client.post(
        reverse("telemetry:mapping_add"), SAID | {"sample": sample, "preview": "1"}
    )
    assert answer.status_code == 200
    assert not WebhookSource.objects.exists()
