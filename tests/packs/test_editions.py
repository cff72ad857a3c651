"""The pack of a site: what stands in it, when it is made anew, how it is sealed."""

import base64
import gzip
import io
import json
import re
from datetime import timedelta
from html import unescape

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.urls import reverse
from openpyxl import load_workbook

from assets.models import SiteAssignment
from bcp_portal.accounts.roles import Role
from bcp_portal.audit.models import AuditRow
from bcp_portal.reports.sheets import unguard_text
from incidents.services.site_pack import make_packs
from telemetry.models import PackCopy, SitePack
from telemetry.ordering.signing import public_key, sealed_bytes
from telemetry.services.site_pack import PACK_TYPE
from tests.make import LATER, NOON, make_device, make_site, make_user
from tests.make_assets import make_asset
from tests.make_incidents import make_policy, make_version
from tests.make_packs import make_pack

pytestmark = pytest.mark.django_db


def text_of(pack):
    return gzip.decompress(pack.html).decode()


def test_a_site_finds_its_plan_its_people_and_its_steps_in_one_file():
    site = make_site(code="SBY-02", name="Surabaya Timur", phone="+62 31 555")
    dewi = make_user(first_name="Dewi", phone="+62 811 222")
    make_policy([dewi])
    SiteAssignment.objects.create(user=make_user(first_name="Sari", phone="+62 811 333"), site=site)
    asset = make_asset(site=site, name="Till", rto=timedelta(hours=2))
    make_version()

    text = text_of(make_pack(site))

    for said in ("Surabaya Timur", "+62 811 222", "Sari", "+62 811 333", asset.name, "2 h"):
        assert said in text
    assert text.index("+62 811 222") < text.index("+62 811 333"), "who is called stands first"
    assert text.count('type="checkbox"') > 16
    assert 'lang="id"' in text
    assert 'lang="en"' in text


@pytest.mark.parametrize("language", ["en", "id"])
def test_the_same_is_taken_along_as_a_workbook(client, language):
    site = make_site(code="SBY-02", phone="+62 31 555")
    make_policy([make_user(first_name="Dewi", phone="+62 811 222")])
    asset = make_asset(site=site, name="=Till", rto=timedelta(hours=2))
    make_version()
    make_pack(site)
    client.force_login(make_user(Role.AUDITOR, language=language))

    answer = client.get(reverse("telemetry:pack_sheet", args=["SBY-02"]))
    book = load_workbook(io.BytesIO(answer.content))
    rows = [
        [unguard_text(str(cell)) for cell in row]
        for sheet in book
        for row in sheet.iter_rows(values_only=True)
    ]

    assert len(book.sheetnames) == 7
    assert any("+62 811 222" in row for row in rows)
    span = {"en": "2 h", "id": "2 jam"}[language]
    assert any(asset.code in row and span in row for row in rows)
    # What a person typed never becomes a formula.
    assert not any(cell.data_type == "f" for sheet in book for row in sheet for cell in row)
    assert AuditRow.objects.filter(action="pack.read").count() == 1


def test_it_asks_nobody_for_anything():
    text = text_of(make_pack(make_site()))
    assert not re.search(r"(src|srcset)=|https?://|@import|url\(", text)
    assert "default-src 'none'" in unescape(text)


def test_it_is_made_anew_when_what_it_says_changes_and_only_then():
    site = make_site()
    first = make_pack(site)
    assert make_packs(at=LATER) == "0 made"

    site.phone = "+62 31 777"
    site.save()
    second = make_pack(site, at=LATER)

    assert (first.number, second.number) == (1, 2)
    assert first.digest != second.digest
    first.refresh_from_db()
    assert first.superseded_at == LATER
    assert AuditRow.objects.filter(action="pack.publish").count() == 2


def test_it_is_sealed_as_a_pack_and_not_as_an_order():
    pack = make_pack(make_site(code="SBY-02"))
    payload = base64.b64decode(pack.envelope["payload"])
    signature = base64.b64decode(pack.envelope["signatures"][0]["sig"])
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key()))

    key.verify(signature, sealed_bytes(payload, kind=PACK_TYPE))
    told = json.loads(payload)
    assert (told["site"], told["number"], told["sha256"]) == ("SBY-02", 1, pack.digest)


def test_a_portal_that_was_restored_numbers_above_what_its_devices_remember():
    device = make_device()
    make_pack(device.site)
    PackCopy.objects.create(device=device, number=9, digest="f" * 64, since=NOON, heard_at=NOON)
    assert make_pack(device.site, at=LATER).number == 10
    assert make_packs(at=LATER) == "0 made"


def test_a_closed_site_gets_no_new_one():
    make_site(closed_on=NOON.date())
    assert make_packs(at=NOON) == "0 made"


def test_the_number_of_questions_does_not_grow_with_the_fleet(django_assert_max_num_queries):
    for _number in range(5):
        make_asset(site=make_site())
    make_packs(at=NOON)
    assert SitePack.objects.count() == 5
    with django_assert_max_num_queries(24):
        make_packs(at=LATER)
