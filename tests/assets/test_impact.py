"""Impact over time: when an outage becomes intolerable, and how owners are asked (O1)."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from assets.forms.impact import ImpactForm
from assets.impact import Source, first_intolerable, tier
from assets.models import ImpactAnalysis, ImpactCampaign, Signature
from assets.selectors.campaigns import campaign_page, questions_owed
from assets.selectors.graph import load_graph
from assets.services.impact import (
    FallingImpactError,
    answer_impact,
    campaign_due,
    close_campaign,
    start_campaign,
)
from bcp_portal.accounts.roles import Role
from bcp_portal.engine.models import Deadline
from bcp_portal.shared.errors import DomainError
from tests.make import LATER, NOON, make_user
from tests.make_assets import make_asset
from tests.make_objectives import make_signed, make_three

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)

# loss per hour | tolerable loss | longest delay | customers at 1 h, 4 h, 24 h | hours | why
TABLE = [
    (None, None, None, (1, 2, 3), None, None),
    (None, None, None, (1, 4, 4), 4, Source.LEVEL),
    (10, 20, None, (1, 4, 4), 2, Source.MONEY),
    (10, 900, 3, (1, 4, 4), 3, Source.DELAY),
    (10, 0, None, (1, 1, 1), 0, Source.MONEY),
    (0, 20, None, (1, 1, 1), None, None),
    (None, 20, None, (0, 0, 4), 24, Source.LEVEL),
]


@pytest.mark.parametrize(("loss", "tolerable", "delay", "levels", "hours", "why"), TABLE)
def test_the_mtpd_is_the_first_intolerable_moment(loss, tolerable, delay, levels, hours, why):
    found = first_intolerable(
        {"customers": dict(zip((HOUR, 4 * HOUR, 24 * HOUR), levels, strict=True))},
        loss_per_hour=None if loss is None else Decimal(loss),
        bearable_loss=None if tolerable is None else Decimal(tolerable),
        longest_delay=None if delay is None else delay * HOUR,
    )

    assert (found.after if found else None) == (None if hours is None else hours * HOUR)
    assert (found.source if found else None) == why


@pytest.mark.parametrize(
    ("hours", "number"), [(None, None), (0, 1), (4, 1), (5, 2), (72, 3), (99, 4)]
)
def test_tiers_follow_the_first_intolerable_moment(hours, number):
    assert tier(None if hours is None else hours * HOUR) == number


def answer(asset, *, after=4 * HOUR, at=NOON, **facts):
    levels = {HOUR: 1, after: 4}
    return answer_impact(asset=asset, facts=facts, points={"customers": levels}, actor=None, at=at)


def test_answers_are_held_against_the_objectives():
    asset = make_asset(rto=HOUR)
    asset.recovery_target.mtpd = 9 * HOUR
    asset.recovery_target.save()

    answer(asset)

    (finding,) = load_graph().verdict.findings[asset.pk]
    assert (finding.rule.value, finding.promised) == ("impact", 4 * HOUR)


def test_a_longer_outage_cannot_hurt_less():
    with pytest.raises(FallingImpactError):
        answer_impact(
            asset=make_asset(),
            facts={},
            points={"law": {HOUR: 3, 2 * HOUR: 1}},
            actor=None,
            at=NOON,
        )
    assert not ImpactAnalysis.objects.exists()


def test_a_negative_loss_is_refused():
    with pytest.raises(DomainError):
        answer(make_asset(), loss_per_hour=Decimal(-1))


def test_a_signature_lapses_when_the_business_bears_less():
    asset, _proposal = make_signed(make_three())

    answer(asset, after=3 * HOUR, at=LATER)

    assert Signature.objects.standing().count() == 0


def test_owners_are_asked_and_owe_an_answer_until_they_give_it():
    owner = make_user(Role.BUSINESS_OWNER)
    asset = make_asset(business_owner=owner)
    campaign = start_campaign(name="2026", assets=[asset], due_at=LATER, actor=None, at=NOON)
    assert [one.asset for one in questions_owed(owner)] == [asset]

    answer(asset)

    assert questions_owed(owner) == []
    assert campaign_page(campaign, user=owner, at=NOON).line.state == "done"


def test_a_campaign_that_is_due_says_who_still_owes():
    asset = make_asset(business_owner=make_user(Role.BUSINESS_OWNER))
    campaign = start_campaign(name="2026", assets=[asset], due_at=LATER, actor=None, at=NOON)
    deadline = Deadline.objects.get(kind="assets.impact_due", subject_id=campaign.pk)

    campaign_due(deadline=deadline, at=LATER)

    campaign.refresh_from_db()
    assert (deadline.due_at, campaign.overdue_at) == (LATER, LATER)


def test_a_closed_campaign_asks_nobody_and_is_never_overdue():
    owner = make_user(Role.BUSINESS_OWNER)
    asset = make_asset(business_owner=owner)
    campaign = start_campaign(name="2026", assets=[asset], due_at=LATER, actor=None, at=NOON)
    close_campaign(campaign=campaign, actor=owner, at=NOON)

    deadline = Deadline.objects.get(kind="assets.impact_due", subject_id=campaign.pk)
    campaign_due(deadline=deadline, at=LATER)

    assert questions_owed(owner) == []
    assert ImpactCampaign.objects.get().overdue_at is None


def test_nobody_is_asked_about_an_asset_without_an_owner():
    with pytest.raises(DomainError, match="name a business owner"):
        start_campaign(name="x", assets=[make_asset()], due_at=LATER, actor=None, at=NOON)


def test_the_form_derives_the_moment_and_draws_the_curve(client):
    owner = make_user(Role.BUSINESS_OWNER)
    asset = make_asset(business_owner=owner, rto=HOUR)
    client.force_login(owner)
    url = reverse("assets:impact_answer", args=[asset.code])

    client.post(
        url,
        {"currency": "idr", "loss_per_hour": "18000000", "bearable_loss": "36000000",
         "longest_delay": "6h", "note": "", "customers_1": "1", "customers_2": "4"},
    )  # fmt: skip
    text = client.get(url).content.decode()

    assert ImpactAnalysis.objects.get().bears == 2 * HOUR
    assert "impact-curve" in text
    assert "tier 1" in text
    assert "Reputation" in text


def test_campaigns_are_started_listed_and_closed_through_their_doors(client):
    make_asset(business_owner=make_user(Role.BUSINESS_OWNER))
    client.force_login(make_user(Role.RISK_MANAGER))

    answer = client.post(
        reverse("assets:campaign_start"),
        {"name": "Yearly", "lead": "", "due_at": "2099-01-01T08:00", "unanswered": "on"},
    )
    campaign = ImpactCampaign.objects.get()
    assert answer.url == reverse("assets:campaign", args=[campaign.pk])
    assert "0 of 1" in client.get(reverse("assets:campaigns")).content.decode()
    client.post(reverse("assets:campaign_close", args=[campaign.pk]))

    assert "Closed" in client.get(answer.url).content.decode()
    assert client.get(reverse("assets:impact")).status_code == 200


def test_the_grid_asks_category_by_category_at_seven_moments():
    form = ImpactForm()

    rows = list(form.grid())

    assert len(rows) == 7
    assert [len(fields) for _moment, fields in rows] == [len(form.categories)] * 7
    assert rows[1][0] == "1 h"
    assert rows[1][1][0].name == "customers_1"
