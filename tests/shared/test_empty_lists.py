"""What a list without rows says: what belongs in it, and for who may, where the first is made."""

import importlib
import re
import sys

import pytest
from django.conf import settings
from django.urls import resolve, reverse

from bcp_portal.accounts.roles import Role
from bcp_portal.shared.lists.spec import ListSpec
from tests.make import make_user

pytestmark = pytest.mark.django_db


def specs() -> list[ListSpec]:
    importlib.import_module(settings.ROOT_URLCONF)
    rooms = [module for name, module in sys.modules.items() if ".views" in name or "_views" in name]
    found = {
        thing.name: thing
        for module in rooms
        for thing in vars(module).values()
        if isinstance(thing, ListSpec)
    }
    return list(found.values())


def first_steps(page: str) -> list[str]:
    empty = page.split('<div class="empty">')[1].split("</div>")[0]
    return re.findall('<a [^>]*href="([^"]+)"', empty)


def test_the_first_step_of_every_list_leads_to_a_door():
    steps = [spec.empty_url for spec in specs() if spec.empty_url]

    assert len(steps) > 10
    assert all(resolve(reverse(step)) for step in steps)


def test_an_empty_list_leads_who_may_to_where_the_first_row_is_made(client):
    client.force_login(make_user(Role.ADMINISTRATOR))

    page = client.get(reverse("telemetry:sites")).content.decode()

    assert first_steps(page) == [reverse("assets:site_open")]
    assert client.get(reverse("assets:site_open")).status_code == 200


def test_an_empty_list_leads_nobody_to_a_locked_door(client):
    client.force_login(make_user(Role.VIEWER))

    page = client.get(reverse("telemetry:sites")).content.decode()

    assert "No sites yet" in page
    assert first_steps(page) == []
