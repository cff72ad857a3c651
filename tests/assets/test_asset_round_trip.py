"""Assets out of the house as a file, and back in: untouched it says 0 changes (V7, C4)."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from assets.models import Asset, ThirdParty
from assets.services.dependency import link_assets
from bcp_portal.accounts.roles import Role
from tests.make import NOON, make_site, make_user
from tests.make_assets import make_asset
from tests.make_units import make_unit

pytestmark = pytest.mark.django_db


def full_map():
    partner = ThirdParty.objects.create(code="TELCO", name="Telco Nusantara")
    database = make_asset(code="DB-SALES", kind="database", own_restore=timedelta(seconds=90))
    reports = make_asset(code="DWH", name="=cmd()|calc")
    tills = make_asset(
        code="TILLS",
        site=make_site(),
        unit=make_unit(),
        third_party=partner,
        zone="Rack 3",
        business_owner=make_user(),
        technical_owner=make_user(),
        backup_every=timedelta(hours=30, minutes=15),
        if_it_fails="Line one\nline two, with “quotes” and a ; too",
        if_it_is_abused="-3 per day",
    )
    link_assets(asset=tills, depends_on=database, kind="hard", actor=None, at=NOON)
    link_assets(asset=tills, depends_on=reports, kind="data", actor=None, at=NOON)


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_an_untouched_file_of_assets_says_0_changes(client, ending):
    client.force_login(make_user(Role.RISK_MANAGER))
    full_map()
    content = client.get(f"{reverse('assets:export')}?as={ending}").content

    page = client.post(
        reverse("assets:import"), {"file": SimpleUploadedFile(f"assets.{ending}", content)}
    )

    rows = page.context["rows"]
    assert [(row.state, row.errors, row.facts) for row in rows] == [("unchanged", [], {})] * 3


def test_a_file_of_assets_moves_them_to_a_site_a_unit_and_a_partner(client):
    client.force_login(make_user(Role.RISK_MANAGER))
    site, owner = make_site(), make_user(first_name="Sari", last_name="Dewi")
    make_unit()
    ThirdParty.objects.create(code="TELCO", name="Telco Nusantara")
    text = f"Code,Name,Lokasi,Departemen,Vendor,Owner\nA,Line,{site.code},Finance,telco,Sari Dewi\n"
    page = client.post(
        reverse("assets:import"), {"file": SimpleUploadedFile("a.csv", text.encode())}
    )
    client.post(reverse("assets:import_apply"), {"told": page.context["told"]})

    asset = Asset.objects.get()
    assert (asset.site, asset.unit.code, asset.third_party.code) == (site, "FIN", "TELCO")
    assert asset.business_owner == owner


def test_a_site_that_somebody_may_not_see_is_unknown_to_their_file(client):
    client.force_login(make_user(Role.BUSINESS_OWNER))
    text = f"Code,Name,Site\nA,Line,{make_site().code}\n"

    rows = client.post(
        reverse("assets:import"), {"file": SimpleUploadedFile("a.csv", text.encode())}
    ).context["rows"]

    assert "There is no site" in rows[0].errors[0]


def test_assets_of_other_sites_are_not_in_the_file_nor_named_as_a_need(client):
    client.force_login(make_user(Role.BUSINESS_OWNER))
    hidden, shared = make_asset(code="SECRET", site=make_site()), make_asset(code="SHARED")
    link_assets(asset=shared, depends_on=hidden, kind="hard", actor=None, at=NOON)

    text = client.get(f"{reverse('assets:export')}?as=csv").content.decode()

    assert "SHARED" in text
    assert "SECRET" not in text


def test_an_empty_template_of_assets_has_the_headings_only(client):
    client.force_login(make_user(Role.RISK_MANAGER))
    full_map()

    text = client.get(f"{reverse('assets:export')}?as=csv&empty=1").content.decode("utf-8-sig")

    assert text.strip().startswith("Code,Name,Kind,Site,Unit")
    assert len(text.strip().splitlines()) == 1
