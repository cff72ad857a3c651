"""What a list costs does not grow with its rows, and what looks alike is written once."""

from collections import Counter

import pytest
from django.db import connection
from django.template.loader import get_template
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from bcp_portal.accounts.roles import Role
from bcp_portal.shared import lists
from bcp_portal.shared.lists import addresses, cells
from incidents.models import Alert
from risks.views.register import REGISTER
from tests.make import NOON, make_site, make_user
from tests.make_assets import make_asset, make_dependency
from tests.make_incidents import make_incident
from tests.make_risks import judge, make_risk

pytestmark = pytest.mark.django_db
LISTS = (
    "assets:list", "assets:targets", "assets:impact", "assets:arrows", "assets:sites",
    "risks:register", "incidents:list", "incidents:alerts",
)  # fmt: skip


@pytest.fixture
def auditor(client):
    client.force_login(make_user(Role.AUDITOR))
    return client


@pytest.mark.parametrize("name", LISTS)
def test_a_list_asks_at_most_six_questions_beside_who_is_asking(
    auditor, name, django_assert_max_num_queries
):
    needed, site = make_asset(), make_site()
    for number in range(30):
        asset = make_asset()
        make_dependency(asset, needed)
        make_risk(residual=(3, 3), assets=[asset])
        Alert.objects.create(
            key=f"one-{number}", rule="site_silent", title="Silent", severity=2, site=site,
            raised_at=NOON, first_signal_at=NOON, last_signal_at=NOON,
        )  # fmt: skip
    make_incident(assets=[needed])
    ask = {"per": 100, "part": "results"}
    auditor.get(reverse(name), ask)

    # Two of them find out who is asking: the session, and the person with their rights.
    with django_assert_max_num_queries(2 + 6):
        assert auditor.get(reverse(name), ask).status_code == 200


@pytest.mark.parametrize("name", LISTS)
def test_a_whole_page_asks_at_most_ten_questions(auditor, name, django_assert_max_num_queries):
    make_risk(residual=(3, 3), assets=[make_asset()])
    auditor.get(reverse(name))

    with django_assert_max_num_queries(10):
        assert auditor.get(reverse(name)).status_code == 200


def test_the_register_offers_its_categories_and_the_assets_that_risks_name(auditor):
    named, unnamed = make_asset(code="NAMED"), make_asset(code="UNNAMED")
    risk = make_risk(residual=(3, 3), assets=[named])
    address = reverse("risks:register")

    answer = auditor.get(address).content.decode()

    assert f'name="category" value="{risk.category_id}"' in answer
    assert 'name="asset" value="NAMED"' in answer
    assert unnamed.code not in answer
    assert risk.code in auditor.get(address, {"asset": "NAMED"}).content.decode()
    assert risk.code in auditor.get(address, {"category": risk.category_id}).content.decode()


def test_a_filter_is_drawn_once_for_what_it_offers_and_anew_for_what_is_chosen(auditor):
    address = reverse("incidents:list")

    plain, chosen = (
        auditor.get(address, asked).content.decode() for asked in ({}, {"kind": "central"})
    )
    again = auditor.get(address).content.decode()

    mark = 'name="kind" value="central" '
    assert f"{mark}checked" in chosen
    assert mark in plain
    assert f"{mark}checked" not in plain + again


def test_cells_of_one_value_are_written_once(auditor, monkeypatch):
    for _number in range(20):
        make_risk(residual=(3, 3))
    judge(make_risk(), 5, 5)
    written = Counter()

    def watched(name, *args):
        written[name] += 1
        return get_template(name, *args)

    monkeypatch.setattr("bcp_portal.shared.lists.columns.get_template", watched)
    answer = auditor.get(reverse("risks:register")).content.decode()

    assert written["risks/_level_cell.html"] == 2
    assert answer.count('data-column="level"') == 21


def test_equal_values_that_look_unlike_are_written_apart():
    column = lists.text("known", "Known")
    writer = cells.CellWriter(REGISTER, column, lists.Ask(make_user(), timezone.now()))

    shown = [str(writer._alike(None, value)) for value in (1, True, 1)]

    assert shown == ["1", "True", "1"]


def test_the_level_leaves_the_register_as_a_word(auditor):
    make_risk(residual=(5, 5))

    sheet = auditor.get(reverse("risks:register"), {"export": "csv"})

    assert "Extreme" in b"".join(sheet.streaming_content).decode()


@pytest.mark.parametrize("key", ["BA-1", 7, "a b", "site", "Ü/1"])
def test_addresses_made_from_a_pattern_are_those_of_the_routes(key):
    name = "assets:objective" if isinstance(key, str) else "incidents:silence"
    for one in (key, key, type(key)(81)):
        try:
            wanted = reverse(name, args=[one])
        except NoReverseMatch:
            continue
        assert addresses.address_of(name, [one]) == wanted


def test_each_connection_to_postgresql_plans_for_pages_of_joined_rows(on_postgres):
    if not on_postgres:
        return
    with connection.cursor() as cursor:
        cursor.execute("SHOW join_collapse_limit")
        assert cursor.fetchone() == ("4",)
        cursor.execute("SHOW random_page_cost")
        assert cursor.fetchone() == ("1.1",)
