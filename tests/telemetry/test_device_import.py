"""Devices from a spreadsheet: all or nothing, invitations told once, and all can be taken back."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook

from assets.services.site_assignment import assign_site
from bcp_portal.accounts.roles import Role
from bcp_portal.audit.models import AuditRow
from bcp_portal.shared.hashing import keyed_hash
from siaga_agent.enrol import enrol
from telemetry.models import Device, DeviceImport, DeviceState
from telemetry.services.device import edit_device
from telemetry.tokens import DEVICE_TOKEN
from telemetry.views.device_import import SALT, SECRETS
from tests.make import NOON, make_device, make_site, make_user
from tests.make_telemetry import heartbeat, send

pytestmark = pytest.mark.django_db
HEAD = "Kode lokasi,Nama perangkat,Jenis,Melapor tiap\n"


@pytest.fixture
def person(client):
    user = make_user(Role.ADMINISTRATOR)
    client.force_login(user)
    return user


@pytest.fixture
def site():
    return make_site(code="SBY-02")


def upload(client, text, name="devices.csv"):
    content = text if isinstance(text, bytes) else text.encode()
    file = SimpleUploadedFile(name, content)
    return client.post(reverse("telemetry:device_import"), {"file": file})


def apply(client, answer, **columns):
    context = answer.context
    told = {f"column-{n}": key for n, (_head, key) in enumerate(context["columns"])}
    return client.post(
        reverse("telemetry:device_import_apply"),
        told | {"told": context["told"]} | columns,
        follow=True,
    )


def save(client, answer):
    url = reverse("telemetry:device_invitations")
    return client.post(url, {"told": answer.context["told"]})


def take_back(client):
    batch = DeviceImport.objects.latest("made_at")
    url = reverse("telemetry:device_import_undo", args=[batch.pk])
    return client.post(url, follow=True).content.decode()


def test_a_file_is_previewed_taken_over_and_taken_back(client, person, site):
    old = make_device(site=site, name="server", kind="server")
    answer = upload(client, HEAD + "sby-02,server,nas,2m\nSBY-02,till 1,till,30\n")
    assert [row.state for row in answer.context["rows"]] == ["changed", "new"]
    assert Device.objects.count() == 1

    apply(client, answer)

    old.refresh_from_db()
    assert (old.kind, old.heartbeat_every_s) == ("nas", 120)
    till = Device.objects.get(name="till 1")
    assert (till.kind, till.heartbeat_every_s, till.site) == ("till", 30, site)
    assert DeviceState.objects.filter(device=till).exists()

    take_back(client)

    old.refresh_from_db()
    assert (old.kind, old.heartbeat_every_s) == ("server", 60)
    assert not Device.objects.filter(name="till 1").exists()
    assert DeviceImport.objects.get().undone_by == person
    actions = set(AuditRow.objects.values_list("action", flat=True))
    assert {"device.import", "device.enrol", "device.edit", "device.unenrol"} <= actions


def test_what_was_taken_back_can_be_sent_again(client, person, site):
    text = HEAD + "SBY-02,till 1,till,30\n"
    apply(client, upload(client, text))
    take_back(client)

    apply(client, upload(client, text))

    assert Device.objects.get().name == "till 1"


def test_invitations_are_had_once_and_enrol_a_real_agent(client, person, site, tmp_path):
    page = apply(client, upload(client, HEAD + "SBY-02,till 1,till,\nSBY-02,till/1,till,\n"))
    assert page["Cache-Control"] == "no-store"

    saved = save(client, page)

    assert (saved["Content-Type"], saved["Cache-Control"]) == ("application/zip", "no-store")
    with zipfile.ZipFile(io.BytesIO(saved.content)) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path)
    assert names[0] == "SBY-02-till-1.json"
    assert len(set(names)) == 2
    told = json.loads((tmp_path / names[0]).read_text())
    device = Device.objects.get(name="till 1")
    assert keyed_hash(DEVICE_TOKEN, told["token"]) == device.token_hash
    config = enrol(home=tmp_path / "agent", token_json=str(tmp_path / names[0]))
    assert (config.node_id, config.site) == (str(device.node_id), "SBY-02")

    again = client.get(reverse("telemetry:device_import")).content.decode()
    kept = str(list(DeviceImport.objects.values())) + str(list(AuditRow.objects.values()))
    assert told["token"] not in again + kept


def test_invitations_go_to_nobody_else_and_not_later(client, person, site, monkeypatch):
    page = apply(client, upload(client, HEAD + "SBY-02,till 1,till,\n"))
    client.force_login(make_user(Role.ADMINISTRATOR))
    assert save(client, page).status_code == 302

    client.force_login(person)
    assert save(client, page).status_code == 200
    later = signing.time.time() + 3600
    monkeypatch.setattr(signing.time, "time", lambda: later)
    assert save(client, page).status_code == 302


def test_a_preview_is_no_invitation(client, person, site):
    told = upload(client, HEAD + "SBY-02,till 1,till,\n").context["told"]

    answer = client.post(reverse("telemetry:device_invitations"), {"told": told})

    assert answer.status_code == 302
    assert SALT != SECRETS


def test_an_xlsx_with_headings_of_their_own_is_read_once_its_columns_are_chosen(
    client, person, site
):
    book, out = Workbook(), io.BytesIO()
    book.active.append(["Toko", "Mesin"])
    book.active.append(["SBY-02", "Kasir 1"])
    book.save(out)
    answer = upload(client, out.getvalue(), "mesin.xlsx")
    assert answer.context["rows"] == []
    chosen = {"column-0": "site", "column-1": "name"}

    again = apply(client, answer, again="1", **chosen)
    assert [row.state for row in again.context["rows"]] == ["new"]
    apply(client, again, **chosen)

    assert Device.objects.get().name == "Kasir 1"


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (",till 1,till,60", "needs the code of its site"),
        ("SBY-02,,till,60", "needs the code of its site"),
        ("XXX-99,till 1,till,60", "There is no site XXX-99"),
        ("SBY-02,till 1,till,soon", "not a duration"),
        ("SBY-02,till 1,till,1", "every 5 seconds at most"),
        ("SBY-02,good,till,60", "stands twice"),
        ("SBY-02,gone,till,60", "no longer in service"),
        (f"SBY-02,{'x' * 81},till,60", "80"),
    ],
)
def test_one_wrong_row_stops_the_whole_file_with_a_sentence(client, person, site, row, why):
    make_device(site=site, name="gone", revoked_at=NOON)
    answer = upload(client, HEAD + "SBY-02,good,till,60\n" + row + "\n")
    assert why in answer.content.decode()

    answer = apply(client, answer)

    assert why in answer.content.decode()
    assert Device.objects.count() == 1


def test_a_file_reaches_no_site_that_its_sender_does_not_see(client, site):
    user = make_user(Role.SYNC_TECHNICIAN)
    mine = make_site(code="MLG-01")
    assign_site(user=user, site=mine, actor=make_user(Role.ADMINISTRATOR), at=NOON)
    client.force_login(user)

    answer = upload(client, HEAD + "SBY-02,till,till,60\nMLG-01,till,till,60\n")

    assert [row.state for row in answer.context["rows"]] == ["error", "new"]


def test_the_same_file_again_changes_nothing(client, person, site):
    text = HEAD + "SBY-02,till 1,till,60\n"
    apply(client, upload(client, text))
    answer = upload(client, text)
    assert [row.state for row in answer.context["rows"]] == ["unchanged"]


def test_what_was_changed_since_is_not_undone_behind_anybodys_back(client, person, site):
    apply(client, upload(client, HEAD + "SBY-02,a,till,60\nSBY-02,b,till,60\n"))
    device = Device.objects.get(name="b")
    edit_device(device=device, facts={"kind": "nas"}, actor=person, at=NOON + timedelta(days=1))

    html = take_back(client)

    assert "SBY-02/b was changed since" in html
    assert Device.objects.count() == 2
    assert DeviceImport.objects.get().undone_at is None


def test_a_device_that_has_reported_since_keeps_its_history(client, person, site):
    apply(client, upload(client, HEAD + "SBY-02,a,till,60\nSBY-02,b,till,60\n"))
    send(Device.objects.get(name="b"), heartbeat(1, at=NOON), at=NOON)

    html = take_back(client)

    assert "SBY-02/b has reported since" in html
    assert Device.objects.count() == 2


def test_a_large_file_costs_a_fixed_number_of_queries(
    client, person, site, django_assert_max_num_queries
):
    rows = "".join(f"SBY-02,till {number},till,60\n" for number in range(300))
    with django_assert_max_num_queries(40):
        answer = upload(client, HEAD + rows)
    assert answer.context["counts"]["new"] == 300
