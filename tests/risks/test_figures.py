"""Losses in money, likelihoods that answer to history, and what continuity was worth (G5, V8)."""

import math
from datetime import timedelta
from uuid import uuid4

import numpy as np
import pytest
from django.urls import reverse
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from assets.changes import BadFactsError
from bcp_portal.accounts.roles import Role
from bcp_portal.shared.errors import NotAllowedError
from incidents.models import Notice
from risks.models import LikelihoodProposal
from risks.quantify import Bet, exceedance, simulate, simulate_all, without
from risks.rates import USUAL_EDGES, Posterior, band_chances, gamma_cdf, middle_of, movement
from risks.selectors.figures import loss_page, worth_page
from risks.selectors.movement import calibration
from risks.services.control import apply_control
from risks.services.figures import estimate_loss, set_tolerance, set_worth
from risks.services.movement import accept_movement, decline_movement, propose_movements
from telemetry.models import SyncSession
from tests.make import LATER, NOON, make_device, make_site, make_user
from tests.make_assets import make_asset
from tests.make_risks import judge, make_closed_incident, make_control, make_risk

pytestmark = pytest.mark.django_db
YEAR = timedelta(days=365)
rates = st.floats(0.01, 50)
ESTIMATE = {
    "rate_low": 0.5, "rate_high": 2, "loss_low": 1e6, "loss_high": 1e7, "note": "Two outages",
}  # fmt: skip


# -- arithmetic


@settings(max_examples=60, deadline=None)
@given(shape=st.integers(1, 30), x=st.floats(0.01, 80))
def test_the_gamma_distribution_agrees_with_counting(shape, x):
    """For whole shapes it is the chance of at least so many Poisson events."""
    fewer = sum(math.exp(k * math.log(x) - x - math.lgamma(k + 1)) for k in range(shape))
    assert gamma_cdf(shape, x) == pytest.approx(1 - fewer, abs=1e-8)


@settings(max_examples=60, deadline=None)
@given(alpha=st.floats(0.5, 60), beta=st.floats(0.2, 20), chance=st.floats(0.02, 0.98))
def test_a_quantile_is_exceeded_as_often_as_it_says(alpha, beta, chance):
    one = Posterior(alpha, beta)
    assert one.below(one.quantile(chance)) == pytest.approx(chance, abs=1e-6)
    assert sum(band_chances(one, USUAL_EDGES)) == pytest.approx(1)


@settings(max_examples=60, deadline=None)
@given(step=st.integers(1, 5), events=st.integers(0, 60), years=st.floats(0.3, 10))
def test_more_events_never_propose_a_lower_band(step, events, years):
    one = movement(step_now=step, events=events, years=years)
    more = movement(step_now=step, events=events + 1, years=years)

    assert more.mean > one.mean
    assert one.low < one.high
    if one.moves and one.step > step:
        assert more.step >= one.step


@pytest.mark.parametrize("step", [1, 2, 3, 4, 5])
def test_what_happens_as_often_as_the_band_says_moves_nothing(step):
    expected = round(middle_of(step, USUAL_EDGES) * 3)
    assert not movement(step_now=step, events=expected, years=3).moves


def test_the_sum_can_be_checked_by_hand():
    one = movement(step_now=3, events=9, years=2)

    assert one.prior_alpha == pytest.approx(math.sqrt(1 / 3))
    assert (one.alpha, one.beta) == (one.prior_alpha + 9, 3)
    assert one.step == 4


@settings(max_examples=15, deadline=None)
@given(low=st.floats(0.05, 3), more=st.floats(1, 4), loss=st.floats(1, 1e6), wide=st.floats(1, 8))
def test_the_simulation_agrees_with_the_exact_average(low, more, loss, wide):
    bet = Bet("R-1", low, low * more, loss, loss * wide)
    years = simulate(bet, years=60_000)
    assert years.mean() == pytest.approx(bet.yearly, rel=0.12)


@settings(max_examples=15, deadline=None)
@given(low=rates, more=st.floats(1, 3))
def test_a_curve_only_falls_and_a_bet_gives_the_same_curve_every_time(low, more):
    bet = Bet("R-7", low, low * more, 1000, 9000, 2000, "pert")
    assume(bet.rate < 40)
    curve = exceedance(simulate(bet, years=3000))
    chances = [chance for _place, chance in curve.points]

    assert chances == sorted(chances, reverse=True)
    assert curve == exceedance(simulate(bet, years=3000))
    assert curve.median <= curve.one_in_ten <= curve.one_in_hundred


def test_one_risk_more_leaves_the_draws_of_the_others_as_they_are():
    one, other = Bet("R-1", 1, 2, 10, 20), Bet("R-2", 1, 2, 10, 20)
    together = simulate_all([one, other], years=500)
    assert np.allclose(together, simulate(one, years=500) + simulate(other, years=500))


@settings(max_examples=60, deadline=None)
@given(cut=st.floats(0, 0.95), loss=st.floats(0, 0.95))
def test_without_a_control_it_costs_more_by_what_the_control_takes(cut, loss):
    bet = Bet("R-1", 1, 2, 10, 20)
    bare = without(bet, cut_frequency=cut, cut_loss=loss)
    assert bare.yearly * (1 - cut) * (1 - loss) == pytest.approx(bet.yearly)


# -- likelihood that answers to history


def past_risk(times, *, judged=(2, 4)):
    asset = make_asset()
    risk = make_risk(assets=[asset], residual=judged, created_at=NOON - 2 * YEAR)
    make_closed_incident(make_asset(), started_at=NOON - 2 * YEAR)
    for _each in range(times):
        make_closed_incident(asset)
    return risk


def test_what_keeps_happening_proposes_a_likelihood_and_the_owner_decides():
    risk = past_risk(7)

    propose_movements(at=LATER)
    propose_movements(at=LATER)

    proposal = LikelihoodProposal.objects.get()
    assert (proposal.step_now, proposal.step, proposal.sums["events"]) == (2, 4, 7)
    assert Notice.objects.filter(person=risk.owner).count() == 1
    accept_movement(proposal=proposal, reason="True", actor=risk.owner, at=LATER)
    risk.refresh_from_db()
    assert (risk.residual.likelihood, risk.residual.impact) == (4, 4)
    assert "7 events" in risk.residual.rationale


def test_a_declined_proposal_stays_away_until_something_more_happens():
    risk = past_risk(7)
    propose_movements(at=LATER)
    proposal = LikelihoodProposal.objects.get()
    with pytest.raises(NotAllowedError):
        decline_movement(proposal=proposal, reason="x", actor=make_user(), at=LATER)
    decline_movement(proposal=proposal, reason="New line", actor=risk.owner, at=LATER)

    assert propose_movements(at=LATER) == "0 offered"
    make_closed_incident(risk.assets.get())
    assert propose_movements(at=LATER) == "1 offered"


def test_a_new_judgement_answers_the_proposal():
    risk = past_risk(7)
    propose_movements(at=LATER)

    judge(risk, 3, 3)

    assert LikelihoodProposal.objects.get().reason == "Judged anew"


def test_calibration_says_which_band_claims_too_little():
    past_risk(7)

    lines = calibration(user=make_user(Role.AUDITOR), at=LATER, back=3 * YEAR)

    assert [line.verdict for line in lines] == ["none", "too_low", "none", "none", "none"]


# -- losses


def test_the_portfolio_is_held_against_the_tolerance_and_controls_get_a_value():
    risk, control = make_risk(), make_control(yearly_cost=1_000_000)
    boss = make_user(Role.RISK_MANAGER)
    estimate_loss(risk=risk, facts=ESTIMATE, actor=boss, at=NOON)
    apply_control(risk=risk, control=control, cuts_rate=50, actor=boss, at=NOON)
    set_tolerance(points=[(1e6, 0.2), (1e9, 0.01)], reason="Board", actor=boss, at=NOON)

    page = loss_page(boss)

    assert page.breaches[0][0] == 1e6
    assert page.controls[0].saves == pytest.approx(page.lines[0].bet.yearly, rel=1e-6)
    assert "plot-dashed" in page.chart


@pytest.mark.parametrize(
    "wrong",
    [{"rate_low": 0}, {"rate_high": 0.1}, {"loss_low": -1}, {"rate_high": 5000},
     {"shape": "pert", "loss_likely": 1}, {"shape": "pert"}],
)  # fmt: skip
def test_an_interval_that_cannot_be_is_refused_with_a_sentence(wrong):
    with pytest.raises(BadFactsError):
        estimate_loss(risk=make_risk(), facts=ESTIMATE | wrong, actor=None, at=NOON)


def test_a_tolerance_that_rises_is_refused():
    with pytest.raises(BadFactsError):
        set_tolerance(points=[(1, 0.1), (2, 0.5)], reason="x", actor=make_user(), at=NOON)


def test_continuity_is_worth_what_was_measured_times_what_people_said():
    make_closed_incident(make_asset())
    facts = {
        "hour_of_downtime": 100, "share_offline": 50, "hours_before": 8, "error_cost": 1,
        "yearly_cost": 200, "reason": "Books",
    }  # fmt: skip
    set_worth(facts=facts, actor=make_user(), at=NOON)

    page = worth_page(at=LATER)

    assert page.lines[1].value == pytest.approx(600)
    assert page.ratio == pytest.approx(2)


WORTH = {
    "hour_of_downtime": 1, "share_offline": 0, "hours_before": 0, "error_cost": 0,
    "yearly_cost": 1, "reason": "Bills",
}  # fmt: skip


def test_bandwidth_is_saved_where_scheduled_sync_keeps_off_the_busy_hours():
    midnight = NOON.replace(hour=0)  # of UTC: 7 in Jakarta, 9 in Jayapura
    for zone, trigger in (
        ("Asia/Jakarta", "schedule"), ("Asia/Jayapura", "schedule"), ("Asia/Jakarta", "manual"),
    ):  # fmt: skip
        device = make_device(site=make_site(time_zone=zone), heard_at=NOON)
        SyncSession.objects.create(
            device=device, session_id=uuid4(), stream_name="sales", direction="push",
            trigger=trigger, started_at=midnight, outcome="ok", bytes_out=3_000_000_000,
            bytes_in=1_000_000_000, received_at=NOON,
        )  # fmt: skip

    def line(**facts):
        set_worth(facts=WORTH | facts, actor=make_user(), at=NOON)
        return worth_page(at=LATER).lines[-1]

    assert line().value is None
    assert line(busy_from=8, busy_until=20).value is None
    assert line(busy_from=8, busy_until=20, gigabyte_cost=50).value == 4 * 50
    assert line(busy_from=6, busy_until=20, gigabyte_cost=50).value == 0


@pytest.mark.parametrize("wrong", [{"busy_from": 8}, {"busy_from": 20, "busy_until": 8}])
def test_busy_hours_are_said_whole_or_not_at_all(wrong):
    with pytest.raises(BadFactsError):
        set_worth(facts=WORTH | wrong, actor=make_user(), at=NOON)


@pytest.mark.parametrize(
    "name", ["risks:losses", "risks:worth", "risks:calibration", "risks:indicators", "risks:as_of"]
)
def test_the_pages_open_empty_and_filled(client, name):
    client.force_login(make_user(Role.RISK_MANAGER))
    assert client.get(reverse(name)).status_code == 200
    risk = past_risk(7)
    propose_movements(at=LATER)
    estimate_loss(risk=risk, facts=ESTIMATE, actor=None, at=NOON)

    assert client.get(reverse(name)).status_code == 200
    assert "gamma(" in client.get(reverse("risks:detail", args=[risk.code])).content.decode()
    shown = client.get(reverse("risks:loss", args=[risk.code])).content.decode()
    assert 'class="plot"' in shown
