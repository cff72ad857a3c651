"""Pages of people and of calling in a real browser: accessible, nothing hangs over the edge."""

import os
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse

from bcp_portal.accounts.roles import Role
from incidents.services.policy import LevelPlan, save_policy
from incidents.services.rotation import assign_shift, make_rotation
from tests.frame.browsing import add_authenticator, grave_findings, looking, session_of
from tests.make import NOON, PASSWORD, make_region, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HOUR = timedelta(hours=1)
SHOTS = os.environ.get("SIAGA_SHOTS", "")


@pytest.mark.parametrize(
    ("theme", "width"), [("dark", 1280), ("light", 1280), ("light", 375), ("dark", 375)]
)
def test_pages_of_people_and_calls_are_accessible(browser, live_server, theme, width):
    boss = make_user(Role.ADMINISTRATOR, first_name="Ada", username="ada")
    make_user(Role.RESPONDER, first_name="Rina", last_name="Kusuma", username="rina")
    make_region(name="Jawa Timur")
    levels = [LevelPlan(HOUR, users=[boss])]
    policy = save_policy(name="Night", fallback=boss, levels=levels, actor=boss, at=NOON)
    rotation = make_rotation(name="Primary", actor=boss, at=NOON)
    assign_shift(
        rotation=rotation, user=boss, starts_at=NOON, ends_at=NOON + 9000 * HOUR,
        actor=boss, at=NOON,
    )  # fmt: skip
    pages = {
        "home": "/",
        "people": reverse("accounts:people"),
        "person_add": reverse("accounts:person_add"),
        "person": reverse("accounts:person", args=["rina"]),
        "roles": reverse("accounts:person_roles", args=["rina"]),
        "sites": reverse("assets:assignments", args=["rina"]),
        "profile": reverse("accounts:profile"),
        "policies": reverse("incidents:policies"),
        "policy": reverse("incidents:policy", args=[policy.pk]),
        "policy_edit": reverse("incidents:policy_edit", args=[policy.pk]),
        "rotation": reverse("incidents:rotation", args=[rotation.pk]),
        "turn": reverse("incidents:rotation_turn", args=[rotation.pk]),
    }
    wrong = []
    with looking(
        browser, live_server.url, session=session_of(boss), theme=theme, width=width
    ) as page:
        for name, address in pages.items():
            page.goto(live_server.url + address)
            if SHOTS:
                page.screenshot(path=f"{SHOTS}/{name}-{theme}-{width}.png", full_page=True)
            wrong += [f"{name}: {finding}" for finding in grave_findings(page)]
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wrong.append(f"{name} hangs over the edge")
        wrong += page.problems

    assert wrong == []


def test_a_passkey_is_set_up_and_signs_in_without_a_password(browser, live_server):
    rina = make_user(Role.RESPONDER, username="rina")
    with looking(browser, live_server.url) as page:
        add_authenticator(page)
        page.goto(live_server.url + reverse("account_login"))
        page.fill("[name=login]", "rina")
        page.fill("[name=password]", PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(live_server.url + "/")
        page.goto(live_server.url + reverse("mfa_add_webauthn"))
        page.fill("#id_password, [name=password]", PASSWORD)
        page.get_by_role("button", name="Confirm").click()
        page.fill("[name=name]", "Rina's phone")
        page.check("[name=passwordless]")
        page.locator("form:has([name=passwordless]) button").last.click()
        page.wait_for_url(lambda url: not url.endswith("/add/"))
        page.wait_for_load_state()
        page.context.clear_cookies()
        page.goto(live_server.url + reverse("account_login"))
        page.click("#passkey_login")
        page.wait_for_url(live_server.url + "/")
        name = page.locator("body").inner_text()
        problems = page.problems

    assert Authenticator.objects.filter(user=rina, type="webauthn").exists()
    assert "Sign in with a passkey" not in name
    assert problems == []
