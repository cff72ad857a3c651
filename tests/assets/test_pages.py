"""Doors of assets: who gets in, what they see, what it costs."""

from datetime import timedelta

import pytest
from django.urls import reverse

from assets.models import Asset, Dependency, FailoverPath, PlannedWindow, Region, Site
from bcp_portal.accounts.roles import Role
from tests.make import NOON, make_region, make_site, make_user
from tests.make_assets import (
    assign,
    make_achievement,
    make_asset,
    make_dependency,
    make_path,
    make_window,
)

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def sign_in(client):
    """Sign somebody with these roles in; give back the client."""

    def enter(*roles, user=None):
        client.force_login(user or make_user(*roles))
        return client

    return enter


READ_PAGES = [
    "assets:list",
    "assets:map",
    "assets:map_drawing",
    "assets:targets",
    "assets:sites",
    "assets:regions",
    "assets:windows",
    "assets:failover",
]
FORM_PAGES = {
    "assets:add": Role.RISK_MANAGER,
    "assets:site_open": Role.ADMINISTRATOR,
    "assets:region_add": Role.ADMINISTRATOR,
    "assets:window_plan": Role.ADMINISTRATOR,
    "assets:failover_declare": Role.INCIDENT_COMMANDER,
}


@pytest.mark.parametrize("name", READ_PAGES)
def test_a_reader_may_look(sign_in, name):
    make_dependency(make_asset(rto=HOUR), make_asset())
    make_window()
    make_path()

    assert sign_in(Role.AUDITOR).get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", READ_PAGES)
def test_a_person_without_a_role_is_refused(sign_in, name):
    assert sign_in().get(reverse(name)).status_code == 403


@pytest.mark.parametrize(("name", "role"), FORM_PAGES.items())
def test_a_form_opens_for_its_role_only(sign_in, name, role):
    assert sign_in(role).get(reverse(name)).status_code == 200
    assert sign_in(Role.VIEWER).get(reverse(name)).status_code == 403


ASSET_PAGES = {
    "assets:detail": Role.VIEWER,
    "assets:edit": Role.BUSINESS_OWNER,
    "assets:retire": Role.BUSINESS_OWNER,
    "assets:link": Role.BUSINESS_OWNER,
    "assets:target": Role.BUSINESS_OWNER,
    "assets:achieved": Role.BUSINESS_OWNER,
}


@pytest.mark.parametrize(("name", "role"), ASSET_PAGES.items())
def test_an_asset_of_another_site_is_not_there(sign_in, name, role):
    asset = make_asset(site=make_site())
    user = make_user(role)
    assign(user, site=make_site())
    address = reverse(name, args=[asset.code])
    assert sign_in(user=user).get(address).status_code == 404

    assign(user, site=asset.site)
    assert sign_in(user=user).get(address).status_code == 200


def test_a_person_of_a_region_sees_its_sites_only(sign_in):
    region = make_region()
    mine, other = make_site(region=region, code="MINE"), make_site(code="OTHER")
    user = make_user(Role.VIEWER)
    assign(user, region=region)

    text = sign_in(user=user).get(reverse("assets:sites")).content.decode()

    assert mine.code in text
    assert other.code not in text


def test_the_map_hides_assets_of_other_sites(sign_in):
    make_dependency(make_asset(code="SHARED"), make_asset(code="SECRET", site=make_site()))

    answer = sign_in(Role.VIEWER).get(reverse("assets:map_drawing")).json()

    assert [node["code"] for node in answer["nodes"]] == ["SHARED"]
    assert answer["arrows"] == []


def test_the_critical_path_names_no_asset_that_must_stay_unseen(sign_in):
    shared = make_asset(code="SHARED", rto=HOUR, own_restore=HOUR)
    hidden = make_asset(code="SECRET", site=make_site(), own_restore=9 * HOUR, rto=9 * HOUR)
    make_dependency(shared, hidden)

    page = sign_in(Role.VIEWER).get(reverse("assets:detail", args=["SHARED"]))

    assert "SECRET" not in page.content.decode()
    assert "an asset you may not see" in page.content.decode()


def test_an_asset_page_shows_state_path_and_history(sign_in):
    till = make_asset(code="TILL", rto=HOUR, own_restore=HOUR)
    make_dependency(till, make_asset(code="DB", own_restore=2 * HOUR))
    make_achievement(till, HOUR / 2, target=HOUR, happened_at=NOON)

    text = sign_in(Role.AUDITOR).get(reverse("assets:detail", args=["TILL"])).content.decode()

    assert "1 of 1: at least 21" in text
    assert "3 h" in text
    assert "critical path" in text


@pytest.mark.parametrize("name", ["assets:list", "assets:targets", "assets:sites", "assets:map"])
def test_a_list_costs_the_same_for_many_rows(sign_in, django_assert_max_num_queries, name):
    for _number in range(30):
        make_dependency(make_asset(site=make_site(), rto=HOUR), make_asset())
    client = sign_in(Role.AUDITOR)

    with django_assert_max_num_queries(20):
        client.get(reverse(name))


def test_an_asset_page_costs_the_same_for_many_arrows(sign_in, django_assert_max_num_queries):
    till = make_asset()
    for _number in range(20):
        make_dependency(till, make_asset(rto=HOUR))
    client = sign_in(Role.AUDITOR)

    with django_assert_max_num_queries(26):
        client.get(reverse("assets:detail", args=[till.code]))


def test_targets_can_be_filtered_by_their_proof(sign_in):
    proven, claimed = make_asset(code="PROVEN", rto=HOUR), make_asset(code="CLAIMED", rto=HOUR)
    make_asset(code="UNKNOWN")
    make_achievement(proven, HOUR, target=HOUR)
    address = reverse("assets:targets")

    text = sign_in(Role.AUDITOR).get(f"{address}?rto_state=claimed&part=list").content.decode()

    assert claimed.code in text
    assert "/assets/PROVEN/" not in text
    assert "/assets/UNKNOWN/" not in text


def test_an_asset_is_added_by_its_form(sign_in):
    owner = make_user()
    client = sign_in(Role.RISK_MANAGER)

    answer = client.post(
        reverse("assets:add"),
        {
            "code": "app-pos",
            "name": "Tills",
            "kind": "application",
            "criticality": "1",
            "business_owner": owner.pk,
            "technical_owner": owner.pk,
            "own_restore": "1h30",
        },
    )

    assert answer.url == reverse("assets:detail", args=["APP-POS"])
    assert Asset.objects.get(code="APP-POS").own_restore == 1.5 * HOUR


def test_a_form_half_filled_says_what_is_missing_and_keeps_the_rest(sign_in):
    answer = sign_in(Role.RISK_MANAGER).post(
        reverse("assets:add"), {"name": "Tills", "own_restore": "soon"}
    )

    text = answer.content.decode()
    assert answer.status_code == 422
    assert "is not a duration" in text
    assert 'value="Tills"' in text
    assert not Asset.objects.exists()


def test_a_target_is_typed_as_people_say_it(sign_in):
    asset = make_asset()

    sign_in(Role.RISK_MANAGER).post(
        reverse("assets:target", args=[asset.code]),
        {"rto": "90m", "rpo": "0", "mtpd": "", "wrt": "", "mbco": "", "reason": "Loss per hour"},
    )

    target = Asset.objects.get().recovery_target
    assert (target.rto, target.rpo, target.mtpd) == (1.5 * HOUR, 0 * HOUR, None)


def test_a_target_that_cannot_be_is_refused_at_the_form(sign_in):
    asset = make_asset()

    answer = sign_in(Role.RISK_MANAGER).post(
        reverse("assets:target", args=[asset.code]),
        {"rto": "3h", "rpo": "", "mtpd": "4h", "wrt": "2h", "mbco": "", "reason": "Why"},
    )

    assert answer.status_code == 422
    assert "RTO and WRT together" in answer.content.decode()


def test_a_circle_is_refused_at_the_form_with_its_path(sign_in):
    one, two = make_asset(code="ONE"), make_asset(code="TWO")
    make_dependency(one, two)

    answer = sign_in(Role.RISK_MANAGER).post(
        reverse("assets:link", args=["TWO"]),
        {"depends_on": one.pk, "kind": "hard", "group": "", "needed": "1"},
    )

    assert "TWO → ONE → TWO" in answer.content.decode()
    assert Dependency.objects.count() == 1


def test_an_arrow_is_unlinked_by_its_button(sign_in):
    till = make_asset()
    arrow = make_dependency(till, make_asset())

    sign_in(Role.RISK_MANAGER).post(reverse("assets:unlink", args=[till.code, arrow.pk]))

    assert not Dependency.objects.exists()


def test_a_site_is_opened_and_edited_by_its_forms(sign_in):
    region, client = make_region(), sign_in(Role.ADMINISTRATOR)
    facts = {
        "code": "sby-02",
        "name": "Surabaya",
        "kind": "branch",
        "region": region.pk,
        "criticality": "2",
        "time_zone": "Asia/Jakarta",
    }
    client.post(reverse("assets:site_open"), facts)
    client.post(reverse("assets:site_edit", args=["SBY-02"]), facts | {"name": "Surabaya Timur"})
    client.post(reverse("assets:site_close", args=["SBY-02"]), {"reason": "Lease ended"})

    site = Site.objects.get(code="SBY-02")
    assert site.name == "Surabaya Timur"
    assert site.closed_on is not None


def test_a_region_is_added_and_renamed(sign_in):
    client = sign_in(Role.ADMINISTRATOR)
    client.post(reverse("assets:region_add"), {"code": "jtm", "name": "Jawa"})
    client.post(reverse("assets:region_edit", args=["JTM"]), {"name": "Jawa Timur"})

    assert Region.objects.get().name == "Jawa Timur"


def test_a_window_is_planned_and_cancelled(sign_in):
    site, client = make_site(), sign_in(Role.ADMINISTRATOR)
    client.post(
        reverse("assets:window_plan"),
        {
            "site": site.pk,
            "starts_at": "2026-03-02T22:00",
            "duration": "8h",
            "rrule": "freq=daily",
            "reason": "Closed at night",
        },
    )
    window = PlannedWindow.objects.get()
    client.post(reverse("assets:window_cancel", args=[window.pk]), {"reason": "Now open"})

    window.refresh_from_db()
    assert (window.rrule, window.duration, window.is_active) == ("FREQ=DAILY", 8 * HOUR, False)


def test_a_path_is_declared_and_switched(sign_in):
    source, target, client = make_site(), make_site(), sign_in(Role.INCIDENT_COMMANDER)
    client.post(
        reverse("assets:failover_declare"),
        {"name": "To the twin", "source": source.pk, "target": target.pk},
    )
    path = FailoverPath.objects.get()
    asked = client.get(reverse("assets:failover_switch", args=[path.pk])).content.decode()
    client.post(reverse("assets:failover_switch", args=[path.pk]), {"reason": "Fire"})

    # Nobody is asked to switch without seeing what goes where, and what the button does not do.
    assert source.code in asked
    assert target.code in asked
    assert "all the work of the site" in asked
    assert "gives no order to a machine" in asked

    path.refresh_from_db()
    assert path.state == "active"


def test_several_assets_are_retired_at_once_and_refusals_are_named(sign_in):
    till, database = make_asset(code="TILL"), make_asset(code="DB")
    make_dependency(till, database)

    answer = sign_in(Role.RISK_MANAGER).post(
        reverse("assets:bulk"),
        {"action": "retire", "ids": [database.pk, make_asset().pk], "retire-reason": "Old"},
        follow=True,
    )

    assert "is still needed by TILL" in answer.content.decode()
    assert Asset.objects.filter(retired_on__isnull=False).count() == 1
