"""The pages of orders: the board, giving one with a preview, two people at one order."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from telemetry.models import Order, OrderStatus, Rung, Signal
from tests.make import (
    NOON,
    PASSWORD,
    make_device,
    make_site,
    make_stream_state,
    make_user,
)
from tests.make_orders import answer, give, make_commander, make_heard_site

pytestmark = pytest.mark.django_db


@pytest.fixture
def commander(client):
    """A commander who has just signed in with the password."""
    return sign_in(client)


def sign_in(client, *roles):
    user = make_user(*roles) if roles else make_commander()
    client.logout()
    client.post(reverse("account_login"), {"login": user.username, "password": PASSWORD})
    return user


def test_the_board_tells_red_from_grey(client, commander, django_assert_max_num_queries):
    near, _device = make_heard_site()
    dark = make_site()
    make_device(site=dark, heard_at=NOON - timedelta(days=2), node_state="dark")
    order = give(near, dark)

    with django_assert_max_num_queries(20):
        page = client.get(reverse("telemetry:orders"))

    assert order.code in page.text
    assert "1 reachable" in page.text
    assert "1 dark" in page.text


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("board", ["orders", "order_sites"])
def test_the_boards_are_exported(client, commander, board, kind):
    give(make_heard_site()[0])

    answer_ = client.get(reverse(f"telemetry:{board}"), {"export": kind})

    assert answer_.status_code == 200


def test_who_sees_no_orders_sees_no_board(client):
    client.force_login(make_user("administrator"))

    assert client.get(reverse("telemetry:orders")).status_code == 403


def test_giving_an_order_asks_for_a_fresh_sign_in(client):
    client.force_login(make_commander())  # signed in, but nobody knows when

    answer_ = client.get(reverse("telemetry:order_give"), {"sites": "SBY-02"})

    assert answer_.status_code == 302
    assert answer_.url.startswith(reverse("account_reauthenticate"))
    assert "sites%3DSBY-02" in answer_.url


def test_an_order_is_previewed_before_it_is_given(client, commander):
    site, device = make_heard_site()
    make_stream_state(device, rpo=timedelta(hours=1), pending_records=7, oldest_pending_at=NOON)
    told = {
        "action": "freeze", "sites": site.code.lower(), "reason": "Wrong prices",
        "on_expiry": "hold",
    }  # fmt: skip

    preview = client.post(reverse("telemetry:order_give"), told)
    assert "What this order would do" in preview.text
    assert not Order.objects.exists()
    seen = preview.context["seen"]
    changed = client.post(
        reverse("telemetry:order_give"), told | {"seen": seen, "streams": "sales"}
    )
    assert not Order.objects.exists()
    given = client.post(reverse("telemetry:order_give"), told | {"seen": seen})

    order = Order.objects.get()
    assert "What this order would do" in changed.text
    assert given.url == reverse("telemetry:order", args=[order.code])
    assert (order.status, order.requested_by) == (OrderStatus.IN_FORCE, commander)


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"sites": ""}, "exactly one way"),
        ({"sites": "NOWHERE"}, "There is no such site"),
        ({"sites": "{site}", "reason": ""}, "required"),
        ({"sites": "{site}", "lasts": "2h"}, "A freeze never ends by itself"),
    ],
)
def test_a_form_that_makes_no_order_says_why(client, commander, told, why):
    site, _device = make_heard_site()
    said = {"action": "freeze", "reason": "Wrong prices", "on_expiry": "hold"} | told
    said["sites"] = said["sites"].format(site=site.code)

    answer_ = client.post(reverse("telemetry:order_give"), said)

    assert answer_.status_code == 422
    assert why in answer_.text


def test_two_people_at_one_order(client, commander):
    sites = [make_heard_site()[0] for _number in range(6)]
    order = give(*sites, actor=commander, at=timezone.now())
    page = reverse("telemetry:order", args=[order.code])
    assert "It takes you" not in client.get(page).text
    approve = reverse("telemetry:order_approve", args=[order.code])
    client.post(approve, {"digest": order.digest})
    assert Order.objects.get().status == OrderStatus.REQUESTED

    sign_in(client)
    assert "It takes you" in client.get(page).text
    client.post(approve, {"digest": order.digest})

    assert Order.objects.get().status == OrderStatus.IN_FORCE


def test_the_page_of_an_order_shows_every_answer(client, commander):
    site, device = make_heard_site()
    order = give(site)
    answer(device, Rung.FAILED, detail="the engine is locked")

    page = client.get(reverse("telemetry:order", args=[order.code]))

    assert "the engine is locked" in page.text
    assert "Reachable, not applied" in page.text


def test_a_lift_is_asked_for_and_refused(client, commander):
    site, _device = make_heard_site()
    order = give(site)

    client.post(reverse("telemetry:order_lift", args=[order.code]), {"reason": "It is sound"})
    request = Order.objects.get(lifts=order)
    sign_in(client)
    client.post(reverse("telemetry:order_refuse", args=[request.code]), {"reason": "Not yet"})

    request.refresh_from_db()
    assert request.status == OrderStatus.REFUSED


def test_the_site_and_the_incident_show_their_orders(client, commander):
    site, _device = make_heard_site()
    order = give(site, incident_code="INC-7")

    here = client.get(reverse("telemetry:orders_of_site", args=[site.code]))
    there = client.get(reverse("telemetry:orders_of_incident"), {"code": "INC-7"})
    home = client.get(reverse("dashboard:home"))

    for page in (here, there, home):
        assert order.code in page.text
    assert "Freeze" in here.text


def test_programs_read_orders(client, commander):
    order = give(make_heard_site()[0])

    listed = client.get(reverse("api:order-list")).json()
    one = client.get(reverse("api:order-detail", args=[order.code])).json()

    assert listed["results"][0]["reachable_not_applied"] == 1
    assert len(one["targets"]) == 1


def test_the_frame_says_what_waits_for_the_second_person(client, commander):
    alone = give(make_heard_site()[0])
    asked = give(*[make_heard_site()[0] for _number in range(6)])
    own = give(make_heard_site()[0], actor=commander)

    tasks = client.get(reverse("dashboard:frame"), {"part": "tasks"}).text

    assert f"Stand by {alone.code}" in tasks
    assert f"Approve {asked.code}" in tasks
    assert own.code not in tasks


def test_a_suspect_source_is_frozen_from_its_signal(client, commander):
    site, _device = make_heard_site()
    signal = Signal.objects.create(
        rule="suspect_source", key="x", title="x", site=site, began_at=NOON, opened_at=NOON
    )

    page = client.get(reverse("telemetry:site", args=[site.code]))
    form = client.get(reverse("telemetry:order_give"), {"signal": signal.pk})

    assert f"?signal={signal.pk}" in page.text
    assert form.context["form"]["sites"].value() == site.code
