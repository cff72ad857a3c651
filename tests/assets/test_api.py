"""The API of assets, dependencies and recovery targets."""

from datetime import timedelta

import pytest

from assets.models import Achievement, Asset, Dependency, RecoveryTarget
from bcp_portal.accounts.roles import Role
from tests.make import make_site, make_user
from tests.make_assets import make_asset, make_dependency

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def call(client):
    """Call the API as somebody with this role."""

    def as_role(*roles):
        client.force_login(make_user(*roles))
        return client

    return as_role


LISTS = ["assets", "dependencies", "recovery-targets"]


@pytest.mark.parametrize("name", LISTS)
def test_a_reader_lists_and_a_stranger_does_not(call, name):
    make_dependency(make_asset(rto=HOUR), make_asset())

    assert call(Role.AUDITOR).get(f"/api/v1/{name}/").json()["count"] >= 1
    assert call().get(f"/api/v1/{name}/").status_code == 403


def test_an_asset_of_another_site_is_not_found(call):
    asset = make_asset(site=make_site())

    assert call(Role.VIEWER).get(f"/api/v1/assets/{asset.code}/").status_code == 404
    assert call(Role.VIEWER).get("/api/v1/assets/").json()["count"] == 0


@pytest.mark.parametrize("name", LISTS)
def test_a_list_costs_the_same_for_many_rows(call, django_assert_max_num_queries, name):
    for _number in range(20):
        make_dependency(make_asset(rto=HOUR, business_owner=make_user()), make_asset())
    client = call(Role.AUDITOR)

    with django_assert_max_num_queries(10):
        client.get(f"/api/v1/{name}/")


def test_an_asset_is_added_edited_and_retired(call):
    client = call(Role.RISK_MANAGER)
    send = {"content_type": "application/json"}

    made = client.post(
        "/api/v1/assets/",
        {"code": "app-pos", "name": "Tills", "kind": "application", "own_restore": "1h30"},
        **send,
    )
    client.post("/api/v1/assets/APP-POS/edit/", {"name": "All tills"}, **send)
    client.post("/api/v1/assets/APP-POS/retire/", {"reason": "Sold"}, **send)

    assert (made.status_code, made.json()["own_restore"]) == (201, 5400)
    asset = Asset.objects.get()
    assert asset.name == "All tills"
    assert asset.retired_on is not None


def test_a_refusal_is_409_with_its_sentence(call):
    one, two = make_asset(code="ONE"), make_asset(code="TWO")
    make_dependency(one, two)

    answer = call(Role.RISK_MANAGER).post(
        "/api/v1/dependencies/",
        {"asset": "TWO", "depends_on": "ONE", "kind": "hard"},
        content_type="application/json",
    )

    assert answer.status_code == 409
    assert "TWO → ONE → TWO" in answer.json()["detail"]


def test_an_arrow_is_linked_and_unlinked(call):
    make_asset(code="ONE"), make_asset(code="TWO")
    client = call(Role.RISK_MANAGER)

    made = client.post(
        "/api/v1/dependencies/",
        {"asset": "ONE", "depends_on": "TWO", "kind": "data"},
        content_type="application/json",
    )
    assert Dependency.objects.count() == 1
    client.post(f"/api/v1/dependencies/{made.json()['id']}/unlink/")

    assert Dependency.objects.count() == 0


@pytest.mark.parametrize("body", [{}, {"asset": "NONE", "depends_on": "ONE", "kind": "iron"}])
def test_bad_input_is_400_at_the_field(call, body):
    make_asset(code="ONE")

    answer = call(Role.RISK_MANAGER).post(
        "/api/v1/dependencies/", body, content_type="application/json"
    )

    assert answer.status_code == 400
    assert set(answer.json()) <= {"asset", "depends_on", "kind"}


def test_a_target_is_set_in_seconds_or_words(call):
    asset = make_asset(code="TILL")

    answer = call(Role.RISK_MANAGER).post(
        "/api/v1/recovery-targets/",
        {"asset": "TILL", "rto": 3600, "rpo": "15m", "reason": "Loss per hour"},
        content_type="application/json",
    )

    assert (answer.json()["rto"], answer.json()["rpo"]) == (3600, 900)
    assert RecoveryTarget.objects.get().asset == asset


def test_an_achievement_is_recorded(call):
    make_asset(code="TILL", rto=HOUR)

    answer = call(Role.RISK_MANAGER).post(
        "/api/v1/recovery-targets/TILL/record/",
        {
            "measure": "rto",
            "source_kind": "restore_test",
            "source_code": "RT-1",
            "achieved": "30m",
            "happened_at": "2026-03-02T12:00:00Z",
        },
        content_type="application/json",
    )

    assert answer.json()["is_met"] is True
    assert Achievement.objects.count() == 1


def test_a_viewer_changes_nothing(call):
    asset = make_asset()

    answer = call(Role.VIEWER).post(
        f"/api/v1/assets/{asset.code}/retire/", {"reason": "x"}, content_type="application/json"
    )

    assert answer.status_code == 403
