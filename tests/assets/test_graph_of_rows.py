"""A page of objectives judges what its rows need, and says of them what the whole graph says."""

from datetime import timedelta
from random import Random

import pytest
from django.urls import reverse

from assets.models import Asset
from assets.selectors.graph import GraphOfRows, load_graph
from bcp_portal.accounts.roles import Role
from tests.make import make_user
from tests.make_assets import make_asset, make_dependency

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def company(size=24):
    """Assets that need earlier ones, by hard and data arrows; a few know no time of their own."""
    rng = Random(5)
    made = []
    for number in range(size):
        own = None if number % 7 == 3 else rng.randint(0, 3) * HOUR
        made.append(make_asset(rto=rng.randint(1, 9) * HOUR, rpo=HOUR, own_restore=own))
        for one in rng.sample(made[:-1], min(2, number)):
            make_dependency(made[-1], one, kind=rng.choice(["hard", "data", "degraded"]))
    return made


def test_the_rows_of_a_page_are_judged_as_the_whole_graph_judges_them():
    made = company()
    whole = load_graph()
    for start in range(0, len(made), 5):
        rows = made[start : start + 5]
        near = GraphOfRows()

        near.gather(rows)

        for row in rows:
            assert near.graph.standing(row.pk) == whole.standing(row.pk)
            assert near.graph.verdict.restores[row.pk] == whole.verdict.restores[row.pk]


def test_what_no_row_of_the_page_needs_is_not_read():
    lone, needed, other = make_asset(rto=HOUR), make_asset(), make_asset()
    make_dependency(lone, needed)
    near = GraphOfRows()

    near.gather([lone])

    assert near.graph.nodes.keys() == {lone.pk, needed.pk}
    assert other.pk in GraphOfRows().graph.nodes


def test_the_file_of_all_objectives_says_what_the_pages_say(client):
    company(8)
    client.force_login(make_user(Role.AUDITOR))
    address = reverse("assets:targets")

    sheet = b"".join(client.get(address, {"export": "csv"}).streaming_content).decode()

    words = {"feasible": "Feasible", "unknown": "Unknown", "infeasible": "Cannot be met"}
    whole = load_graph()
    for asset in Asset.objects.all():
        line = next(one for one in sheet.splitlines() if one.startswith(f"{asset.code},"))
        assert words[whole.standing(asset.pk).value] in line
