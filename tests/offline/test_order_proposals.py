"""An order thought of without a link is a proposal: somebody online gives it in their own name."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse

from bcp_portal.accounts.roles import Role
from incidents.models import TimelineEntry
from incidents.selectors.run_log import merge_of
from incidents.services.clash import AnsweredError, answer_proposal
from telemetry.models import Order
from tests.make import LATER, NOON, PASSWORD, make_site, make_user
from tests.make_incidents import make_run
from tests.offline.telling import make_told, tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def run():
    return make_run({"Isolate": ["Unplug"]})


@pytest.fixture
def ani():
    return make_user(Role.RESPONDER, first_name="Ani")


@pytest.fixture
def proposed(run, ani):
    """Ani proposes to freeze a site; nothing is frozen by that."""
    site = make_site()
    words = {"what": "order", "action": "freeze", "sites": site.code, "reason": "Wrong prices"}
    assert tell(make_told("propose", run, at=NOON, **words), run=run, actor=ani, at=LATER) == [
        "proposed"
    ]
    [card] = merge_of(run.incident).proposals
    return card, site


def test_an_order_made_offline_orders_nothing_and_says_what_and_where(run, proposed):
    card, site = proposed

    assert card.subject == f"Give an order: Freeze a suspect source: {site.code}"
    assert "Wrong prices" in card.side.what
    assert not Order.objects.exists()
    entry = TimelineEntry.objects.get(incident=run.incident, params__what_label="Give an order")
    assert entry.text.endswith(f"Give an order {site.code}")


def test_whoever_takes_it_up_gives_it_on_the_page_of_orders_with_everything_filled_in(
    client, run, proposed
):
    card, site = proposed
    budi = make_user(Role.INCIDENT_COMMANDER)
    # Orders are given after a fresh sign-in only.
    client.post(reverse("account_login"), {"login": budi.username, "password": PASSWORD})
    shown = client.get(
        reverse("incidents:detail", args=[run.incident.code]), {"whole": 1}
    ).content.decode()
    assert "Write this order" in shown

    answer = client.post(
        reverse("incidents:operation_answer", args=[card.operation.pk]), {"accepted": "yes"}
    )
    place = urlsplit(answer["Location"])
    form = client.get(answer["Location"])

    assert place.path == reverse("telemetry:order_give")
    assert parse_qs(place.query) == {
        "action": ["freeze"], "sites": [site.code], "reason": ["Wrong prices"],
        "incident_code": [run.incident.code],
    }  # fmt: skip
    assert form.context["form"].initial["sites"] == site.code
    assert not merge_of(run.incident).proposals
    assert not Order.objects.exists()
    with pytest.raises(AnsweredError):
        answer_proposal(proposal=card.operation, accepted=False, actor=budi, at=LATER)


def test_whoever_may_not_order_cannot_take_it_up(run, proposed, ani):
    card, _site = proposed

    with pytest.raises(Exception, match="commands"):
        answer_proposal(proposal=card.operation, accepted=True, actor=ani, at=LATER)
    assert merge_of(run.incident).proposals


def test_a_proposed_order_that_names_no_site_or_an_unknown_deed_is_refused(run, ani):
    whole = {"what": "order", "action": "freeze", "sites": "SBY-02", "reason": "why"}
    bad = [{"sites": ""}, {"action": "wipe"}, {"reason": ""}, {"sites": "SBY-02&action=drain"}]

    outcomes = tell(
        *(make_told("propose", run, at=NOON, **whole | change) for change in bad),
        run=run, actor=ani, at=LATER,
    )  # fmt: skip

    assert outcomes == ["refused"] * 4
