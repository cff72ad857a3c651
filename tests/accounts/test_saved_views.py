"""A question to a list is kept under a name, and every file that leaves is on the trail."""

import pytest
from django.urls import reverse

from bcp_portal.accounts.list_views import KeptViews
from bcp_portal.accounts.models import SavedView
from bcp_portal.accounts.roles import Role
from bcp_portal.accounts.services.saved_view import UnusableViewError, forget_view, save_view
from bcp_portal.audit.models import AuditRow
from tests.make import NOON, make_user

pytestmark = pytest.mark.django_db


def keep(actor, **changes):
    usual = {"list_name": "risks", "name": "Mine", "query": "?q=a", "is_shared": False}
    return save_view(**(usual | changes), actor=actor, at=NOON)


def names(user) -> list[str]:
    return [link.name for link in KeptViews().links(user, "risks")]


def test_a_view_is_kept_for_its_owner_alone():
    ani, budi = make_user(), make_user()

    keep(ani)

    assert names(ani) == ["Mine"]
    assert names(budi) == []


def test_a_shared_view_is_for_everybody_but_only_its_owner_forgets_it():
    ani, budi = make_user(), make_user()
    view = keep(ani, is_shared=True)

    assert names(budi) == ["Mine"]
    assert KeptViews().links(budi, "risks")[0].delete_url == ""
    with pytest.raises(UnusableViewError):
        forget_view(view=view, actor=budi, at=NOON)

    forget_view(view=view, actor=ani, at=NOON)
    assert names(budi) == []


def test_the_same_name_again_replaces():
    ani = make_user()

    keep(ani)
    keep(ani, query="?q=b")

    assert SavedView.objects.get().query == "?q=b"


@pytest.mark.parametrize("wrong", [{"name": "  "}, {"name": "x" * 81}, {"query": "?" + "x" * 2000}])
def test_a_view_that_cannot_be_kept_is_refused(wrong):
    with pytest.raises(UnusableViewError):
        keep(make_user(), **wrong)


def test_a_view_is_kept_and_forgotten_through_its_doors(client):
    ani = make_user()
    client.force_login(ani)

    kept = client.post(
        reverse("accounts:view_save"),
        {"list_name": "risks", "name": "Mine", "query": "?q=a#x", "next": "/reports/?q=a"},
    )
    view = SavedView.objects.get()
    client.post(reverse("accounts:view_forget", args=[view.pk]), {"next": "//evil.example"})

    assert kept["Location"] == "/reports/?q=a"
    assert view.query == "?q=a"
    assert not SavedView.objects.exists()


def test_a_strangers_view_is_not_found(client):
    view = keep(make_user())
    client.force_login(make_user())

    assert client.post(reverse("accounts:view_forget", args=[view.pk])).status_code == 404


def test_every_export_of_a_list_is_on_the_trail(client):
    client.force_login(make_user(Role.AUDITOR))

    client.get(reverse("reports:list") + "?export=csv&q=INC")

    row = AuditRow.objects.get(action="list.export")
    assert row.after["list"] == "reports.files"
    assert row.after["query"] == "?q=INC"
