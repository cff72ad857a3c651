"""Assets in depth: third parties, recovery designs, files of assets (G1, O5)."""

import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from assets.imports import UnreadableAssetsError, from_compose, needs_of, read_assets
from assets.models import Asset, Dependency, RecoveryDesign, ThirdParty
from assets.services.asset_import import FaultyRowsError, import_assets, plan_import
from assets.services.recovery_design import add_third_party, describe_recovery
from bcp_portal.accounts.roles import Role
from bcp_portal.shared.errors import DomainError
from tests.make import NOON, make_site, make_user
from tests.make_assets import make_asset, make_dependency, make_path

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
COMPOSE = b"""
services:
  web:
    image: nginx
    depends_on: [api]
  api:
    image: example/api
    depends_on:
      db: {condition: service_healthy}
      cache: {condition: service_started}
  db:
    image: postgres:15
  cache:
    image: redis:7
"""


def test_a_compose_file_becomes_assets_and_hard_arrows():
    user = make_user(Role.RISK_MANAGER)

    done = import_assets(drafts=from_compose(COMPOSE), actor=user, at=NOON)

    assert done == (4, 0, 3)
    assert Asset.objects.get(code="DB").kind == "database"
    needs = Dependency.objects.filter(asset__code="API").values_list("depends_on__code", flat=True)
    assert sorted(needs) == ["CACHE", "DB"]


def test_the_same_file_again_changes_nothing():
    user = make_user(Role.RISK_MANAGER)
    import_assets(drafts=from_compose(COMPOSE), actor=user, at=NOON)

    assert import_assets(drafts=from_compose(COMPOSE), actor=user, at=NOON) == (0, 0, 0)


@pytest.mark.parametrize("content", [b"services: [", b"[]", b"services: {}", b"\xff\xfe", b""])
def test_what_is_no_compose_file_is_refused_with_a_sentence(content):
    with pytest.raises(UnreadableAssetsError):
        from_compose(content)


def csv(*lines):
    return io.BytesIO("\n".join(lines).encode())


def test_a_sheet_with_indonesian_heads_is_understood():
    owner = make_user(username="sari")
    file = csv(
        "Kode;Nama;Jenis;Pemilik;Bergantung pada",
        "till;Kasir;application;sari;db:data",
        "db;Basis data;database;sari;",
    )

    import_assets(drafts=read_assets("aset.csv", file), actor=make_user(Role.RISK_MANAGER), at=NOON)

    till = Asset.objects.get(code="TILL")
    assert (till.name, till.business_owner) == ("Kasir", owner)
    assert Dependency.objects.get().kind == "data"


WRONG = {
    "A,Name,gadget,,": "no kind of asset",
    "A,Name,,soon,": "is not a duration",
    "A,Name,,,NOWHERE": "does not exist",
    "A,Name,,,A": "cannot depend on itself",
    "A,Name,,,B:magic": "no kind of dependency",
    ",Name,,,": "has no code",
}


@pytest.mark.parametrize(("line", "sentence"), WRONG.items())
def test_a_wrong_row_says_why_and_nothing_is_taken_over(line, sentence):
    drafts = read_assets("a.csv", csv("Code,Name,Kind,Own restore time,Needs", "B,Fine,,,", line))
    user = make_user(Role.RISK_MANAGER)

    (_fine, wrong) = plan_import(drafts, user=user)
    with pytest.raises(FaultyRowsError):
        import_assets(drafts=drafts, actor=user, at=NOON)

    assert sentence in " ".join(wrong.errors)
    assert not Asset.objects.exists()


def test_a_code_that_stands_twice_or_belongs_to_another_site_is_refused():
    make_asset(code="SECRET", site=make_site())
    drafts = read_assets("a.csv", csv("Code,Name", "A,One", "A,Two", "SECRET,Mine"))

    rows = plan_import(drafts, user=make_user(Role.BUSINESS_OWNER))

    assert [row.state for row in rows] == ["new", "error", "error"]


def test_a_circle_in_the_file_is_refused_whole():
    drafts = read_assets("a.csv", csv("Code,Name,Needs", "A,One,B", "B,Two,A"))

    with pytest.raises(DomainError, match="circle"):
        import_assets(drafts=drafts, actor=make_user(Role.RISK_MANAGER), at=NOON)

    assert not Asset.objects.exists()


def test_needs_are_read_as_people_write_them():
    assert needs_of("db; dwh:data,  net:degraded") == [
        ("DB", "hard"), ("DWH", "data"), ("NET", "degraded"),
    ]  # fmt: skip


def test_a_file_is_previewed_and_then_taken_over(client):
    client.force_login(make_user(Role.RISK_MANAGER))
    file = SimpleUploadedFile("compose.yml", COMPOSE)

    page = client.post(reverse("assets:import"), {"file": file})
    assert not Asset.objects.exists()
    client.post(reverse("assets:import_apply"), {"told": page.context["told"]})

    assert Asset.objects.count() == 4


def test_a_preview_of_somebody_else_cannot_be_taken_over(client):
    client.force_login(make_user(Role.RISK_MANAGER))
    page = client.post(reverse("assets:import"), {"file": SimpleUploadedFile("c.yml", COMPOSE)})
    client.force_login(make_user(Role.RISK_MANAGER))

    client.post(reverse("assets:import_apply"), {"told": page.context["told"]})
    client.post(reverse("assets:import_apply"), {"told": "forged"})

    assert not Asset.objects.exists()


def test_how_an_asset_comes_back_is_described_and_shown(client):
    asset, path = make_asset(), make_path(name="To the twin")
    client.force_login(make_user(Role.RISK_MANAGER))

    client.post(
        reverse("assets:recovery_design", args=[asset.code]),
        {"redundancy": "region", "failover": "automatic", "failover_path": path.pk,
         "replication": "asynchronous", "retention": "30d", "full_restore": "4h",
         "partial_restore": "0", "note": ""},
    )  # fmt: skip
    text = client.get(reverse("assets:detail", args=[asset.code])).content.decode()

    assert RecoveryDesign.objects.get().partial_restore == 0 * HOUR
    assert "In another region" in text
    assert "To the twin" in text


def test_without_failover_there_is_no_path():
    with pytest.raises(DomainError, match="no path"):
        describe_recovery(
            asset=make_asset(), facts={"failover": "none", "failover_path": make_path()},
            actor=None, at=NOON,
        )  # fmt: skip


def test_a_third_party_is_listed_with_its_way_out_and_what_hangs_on_it(client):
    party = add_third_party(
        code="bayar", facts={"name": "Bayar", "notice_days": 90, "exit_plan": "Second provider"},
        actor=None, at=NOON,
    )  # fmt: skip
    make_asset(code="PAY", third_party=party)
    client.force_login(make_user(Role.RISK_MANAGER))

    assert "BAYAR" in client.get(reverse("assets:third_parties")).content.decode()
    text = client.get(reverse("assets:third_party", args=["BAYAR"])).content.decode()
    assert "/assets/PAY/" in text
    client.post(reverse("assets:third_party_add"), {"code": "net", "name": "Net"})
    assert ThirdParty.objects.filter(code="NET").exists()


def test_a_circle_of_data_is_named_on_the_map(client):
    one, two = make_asset(code="ONE"), make_asset(code="TWO")
    make_dependency(one, two, kind="data")
    make_dependency(two, one, kind="data")
    client.force_login(make_user(Role.AUDITOR))

    text = client.get(reverse("assets:map")).content.decode()

    assert "ONE, TWO" in text


def test_a_contract_that_can_no_longer_be_ended_in_time_says_so_in_the_list(client):
    today = timezone.now().date()
    for code, days in (("LATE", 30), ("EARLY", 300)):
        ends = {"contract_ends_on": today + timedelta(days=days), "notice_days": 90}
        add_third_party(code=code, facts={"name": code} | ends, actor=None, at=NOON)
    client.force_login(make_user(Role.RISK_MANAGER))

    shown = client.get(reverse("assets:third_parties")).content.decode()

    assert shown.count("Too late") == 1
    assert shown.index("LATE") < shown.index("Too late") < shown.index("EARLY")


def test_an_asset_shows_its_region_and_zone(client):
    site = make_site()
    make_asset(code="RACK", site=site, zone="Room 2, rack 4")
    client.force_login(make_user(Role.RISK_MANAGER))

    shown = client.get(reverse("assets:detail", args=["RACK"])).content.decode()

    assert str(site.region) in shown
    assert "Room 2, rack 4" in shown
