"""The dependency map as a table: draw, change, take away, without the picture (G1)."""

import pytest
from django.urls import reverse

from assets.changes import BadFactsError
from assets.models import Dependency, Signature
from assets.services.dependency import DependencyCycleError, change_dependency
from bcp_portal.accounts.roles import Role
from tests.make import LATER, make_site, make_user
from tests.make_assets import make_asset, make_dependency
from tests.make_objectives import make_signed, make_three

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain():
    """A till that needs a database that needs a disk."""
    till, db, disk = (make_asset(code=code) for code in ("TILL", "DB", "DISK"))
    return [make_dependency(till, db), make_dependency(db, disk)]


@pytest.fixture
def manager(client):
    client.force_login(make_user(Role.RISK_MANAGER))
    return client


def change(arrow, **facts):
    return change_dependency(dependency=arrow, **facts, actor=None, at=LATER)


def test_an_arrow_changes_its_kind_and_its_group(chain):
    arrow = change(chain[0], kind="degraded")
    assert (arrow.kind, arrow.group, arrow.needed) == ("degraded", "", 1)

    arrow = change(arrow, group="pool", needed=2)
    assert (arrow.group, arrow.needed) == ("pool", 2)


def test_who_leaves_a_group_stands_alone(chain):
    change(chain[0], group="pool", needed=2)

    arrow = change(chain[0], group="")

    assert (arrow.group, arrow.needed) == ("", 1)


def test_more_than_one_are_needed_of_a_group_only(chain):
    with pytest.raises(BadFactsError, match="Name the group"):
        change(chain[0], needed=2)


def test_the_number_that_is_needed_holds_for_the_whole_group(chain):
    other = make_dependency(chain[0].asset, make_asset(code="DB-2"), group="pool")
    change(chain[0], group="pool", needed=2)

    other.refresh_from_db()
    assert other.needed == 2


def test_a_soft_arrow_does_not_become_one_of_a_hard_circle(chain):
    back = make_dependency(chain[1].depends_on, chain[0].asset, kind="degraded")

    with pytest.raises(DependencyCycleError, match="DISK → TILL → DB → DISK"):
        change(back, kind="hard")

    back.refresh_from_db()
    assert back.kind == "degraded"


def test_a_signature_lapses_when_an_arrow_is_called_otherwise():
    three = make_three()
    asset, _proposal = make_signed(three)
    arrow = make_dependency(asset, make_asset(code="NEW"), kind="degraded")
    Signature.objects.update(lapsed_at=None)
    from_now = Signature.objects.standing().count()

    change(arrow, kind="data")

    assert from_now == 3
    assert not Signature.objects.standing().exists()


def test_the_table_shows_every_arrow_with_its_group(manager, chain):
    change(chain[0], group="pool")

    shown = manager.get(reverse("assets:arrows")).content.decode()

    assert all(word in shown for word in ("TILL", "DB", "DISK", "pool"))


def test_an_arrow_is_drawn_between_any_two_without_a_script(manager, chain):
    disk, till = chain[1].depends_on, chain[0].asset
    facts = {"asset": till.pk, "depends_on": disk.pk, "kind": "data", "needed": 1}

    answer = manager.post(reverse("assets:arrow_add"), facts)

    assert answer.status_code == 302
    assert Dependency.objects.filter(asset=till, depends_on=disk, kind="data").exists()


def test_a_circle_and_an_arrow_to_itself_are_refused_at_the_form(manager, chain):
    disk, till = chain[1].depends_on, chain[0].asset
    for ends, sentence in (
        ({"asset": disk.pk, "depends_on": till.pk}, "close a circle"),
        ({"asset": till.pk, "depends_on": till.pk}, "cannot depend on itself"),
    ):
        answer = manager.post(reverse("assets:arrow_add"), ends | {"kind": "hard", "needed": 1})
        assert sentence in answer.content.decode()
    assert Dependency.objects.count() == 2


def test_one_cell_is_changed_where_it_stands(manager, chain):
    address = reverse("assets:arrow_edit_cell", args=[chain[0].pk, "kind"])
    assert '<option value="hard" selected>' in manager.get(address).content.decode()

    manager.post(address, {"kind": "degraded"})

    chain[0].refresh_from_db()
    assert chain[0].kind == "degraded"


def test_a_selection_of_arrows_is_unlinked(manager, chain):
    chosen = {"action": "unlink", "ids": [str(arrow.pk) for arrow in chain]}

    manager.post(reverse("assets:arrows_bulk"), chosen)

    assert not Dependency.objects.exists()


def test_arrows_of_another_site_are_neither_shown_nor_changed(client):
    hidden = make_dependency(make_asset(code="HIDDEN", site=make_site()), make_asset())
    client.force_login(make_user(Role.BUSINESS_OWNER))

    assert "HIDDEN" not in client.get(reverse("assets:arrows")).content.decode()
    address = reverse("assets:arrow_edit_cell", args=[hidden.pk, "kind"])
    assert client.post(address, {"kind": "data"}).status_code == 404


def test_the_critical_path_of_an_asset_is_named_and_drawn(manager, chain):
    shown = manager.get(reverse("assets:map"), {"of": "TILL"})
    drawing = manager.get(reverse("assets:map_drawing"), {"of": "TILL"}).json()

    assert shown.context["page"].path == ["TILL", "DB", "DISK"]
    assert [node["code"] for node in drawing["nodes"] if node["is_on_path"]] == [
        "DB", "DISK", "TILL",
    ]  # fmt: skip
    assert all(arrow["is_on_path"] for arrow in drawing["arrows"])


def test_a_circle_is_named_on_the_map(manager, chain):
    make_dependency(chain[1].depends_on, chain[0].asset, kind="data")

    assert "DB, DISK, TILL" in manager.get(reverse("assets:map")).content.decode()


def test_a_program_changes_an_arrow(manager, chain):
    answer = manager.post(
        f"/api/v1/dependencies/{chain[0].pk}/change/",
        {"group": "pool", "needed": 2},
        content_type="application/json",
    )

    assert (answer.json()["group"], answer.json()["needed"]) == ("pool", 2)


def test_k_of_n_of_an_arrow_drawn_already_is_changed_by_its_own_form(manager, chain):
    address = reverse("assets:arrow_change", args=["TILL", chain[0].pk])
    assert '<option value="hard" selected>' in manager.get(address).content.decode()

    facts = {"kind": "hard", "group": "pool", "needed": 2}
    answer = manager.post(address + "?from=map&of=TILL", facts)

    chain[0].refresh_from_db()
    assert (chain[0].group, chain[0].needed) == ("pool", 2)
    assert answer.url == reverse("assets:map") + "?of=TILL&edit=1"


def test_an_arrow_whose_group_is_emptied_stands_alone_and_a_wrong_number_is_said(manager, chain):
    address = reverse("assets:arrow_change", args=["TILL", chain[0].pk])
    wrong = manager.post(address, {"kind": "hard", "group": "", "needed": 2})
    assert "Name the group" in wrong.content.decode()
    change(chain[0], group="pool", needed=2)

    manager.post(address, {"kind": "hard", "group": "", "needed": 2})

    chain[0].refresh_from_db()
    assert (chain[0].group, chain[0].needed) == ("", 1)


def test_an_arrow_of_another_asset_or_site_has_no_form(client, chain):
    client.force_login(make_user(Role.RISK_MANAGER))
    assert client.get(reverse("assets:arrow_change", args=["DB", chain[0].pk])).status_code == 404
    client.force_login(make_user(Role.VIEWER))
    address = reverse("assets:arrow_change", args=["TILL", chain[0].pk])
    assert client.post(address, {"kind": "data", "needed": 1}).status_code == 403


def test_the_map_says_how_many_of_how_many_are_needed(manager, chain):
    other = make_dependency(chain[0].asset, make_asset(code="DB-2"), group="pool")
    change(chain[0], group="pool", needed=1)

    drawing = manager.get(reverse("assets:map_drawing")).json()
    shown = manager.get(reverse("assets:map")).content.decode()

    told = {arrow["pk"]: arrow["alternatives"] for arrow in drawing["arrows"]}
    assert (told[other.pk], told[chain[0].pk], told[chain[1].pk]) == ("1/2 pool", "1/2 pool", "")
    assert "1/2 pool" in shown
