"""Waves: who goes when, what stops them, and that a kill in the middle costs nothing."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from telemetry.models import (
    NodeState,
    Order,
    OrderAction,
    OrderStatus,
    PlanStatus,
    Signal,
    SignalRule,
    SiteState,
    SyncSession,
    WavePlan,
    WaveStatus,
)
from telemetry.models.wave import Asked, Lane, WaveOrder
from telemetry.services import wave_step
from telemetry.services.order import SamePersonError
from telemetry.services.wave import (
    PlanRefusedError,
    approve_plan,
    ask_for,
    call_off_plan,
    pause_plan,
    plan_waves,
)
from telemetry.services.wave_step import advance_waves
from telemetry.waves.health import Gate, percentile
from telemetry.waves.plan import forecast, split
from tests.make import NOON, make_device, make_site
from tests.make_orders import current, give, make_commander

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def make_waiting(records=10, *, node_state=NodeState.ONLINE, **fields):
    """A site with something to bring home."""
    site = make_site(**fields)
    make_device(site=site, heard_at=NOON, node_state=node_state)
    SiteState.objects.create(
        site=site, node_state=node_state, pending_records=records, pending_bytes=records * 100,
        last_received_at=NOON,
    )  # fmt: skip
    return site


def make_plan(**fields):
    told = {"order_by": WaveOrder.SMALLEST, "capacity": 10_000, "reason": "After the outage"}
    return plan_waves(actor=make_commander(), at=NOON, **(told | fields))


def approve(plan, what=Asked.START, *, at=NOON):
    asked = ask_for(plan=plan, what=what, actor=make_commander(), at=at, signed_in_at=at)
    return approve_plan(
        plan=plan, digest=asked.digest, actor=make_commander(), at=at, signed_in_at=at
    )


def drain(*sites):
    SiteState.objects.filter(site__in=sites).update(pending_records=0)


def sync(site, *, at, count=1, **fields):
    """Sessions of a site as it reported them."""
    told = {"outcome": "ok", "records_out": 100, "duration_ms": 50} | fields
    for number in range(count):
        SyncSession.objects.create(
            device=site.devices.get(), stream_name="sales", direction="push", started_at=at,
            received_at=at, session_id=f"{site.pk:08d}-0000-4000-8000-{number:06d}{at:%H%M%S}",
            **told,
        )  # fmt: skip


def statuses(plan):
    return list(plan.waves.values_list("status", flat=True))


def what_runs():
    """Which sites may sync now."""
    return {
        site.code
        for site in (state.site for state in SiteState.objects.select_related("site"))
        if site.desired_states.filter(superseded_at=None).exists()
        and current(site).document["sync"] == {"*": "run"}
    }


# -- the plan


@pytest.mark.parametrize(
    ("count", "sizes"),
    [(0, []), (1, [1]), (2, [1, 1]), (4, [1, 3]), (100, [1, 3, 10, 25, 61]), (7, [1, 3, 1, 2])],
)
def test_waves_grow_from_a_canary(count, sizes):
    assert split(count) == sizes
    assert sum(split(count)) == count


def test_the_forecast_adds_the_gate_to_the_bytes():
    legs = forecast([(1, 1000), (3, 9000)], capacity=1000, gate=Gate())

    assert [leg.takes.total_seconds() for leg in legs] == [301, 309]
    assert legs[1].begins_in.total_seconds() == 301


def test_only_reachable_sites_that_are_not_suspect_are_candidates():
    small, large = make_waiting(5), make_waiting(500)
    dark = make_waiting(7, node_state=NodeState.DARK)
    make_waiting(0)
    suspect, frozen = make_waiting(3), make_waiting(2)
    Signal.objects.create(
        rule=SignalRule.SUSPECT_SOURCE, key="x", title="x", site=suspect, began_at=NOON,
        opened_at=NOON,
    )  # fmt: skip
    give(frozen)

    plan = make_plan()

    members = [
        [member.site for member in wave.members.all()] for wave in plan.waves.filter(lane=Lane.MAIN)
    ]
    assert members == [[small], [large]]
    assert [m.site for w in plan.waves.filter(lane=Lane.LATE) for m in w.members.all()] == [dark]
    assert not Order.objects.exclude(action=OrderAction.FREEZE).exists()


def test_the_most_critical_may_go_first():
    make_waiting(1, criticality=4)
    vital = make_waiting(900, criticality=1)

    plan = make_plan(order_by=WaveOrder.CRITICAL)

    assert plan.waves.first().members.get().site == vital


def test_a_plan_needs_somebody_to_bring_home():
    with pytest.raises(PlanRefusedError):
        make_plan()


# -- two people


def test_starting_takes_two_people():
    make_waiting()
    plan, boss = make_plan(), make_commander()
    asked = ask_for(plan=plan, what=Asked.START, actor=boss, at=NOON, signed_in_at=NOON)
    assert asked.status == PlanStatus.REQUESTED

    with pytest.raises(SamePersonError):
        approve_plan(plan=plan, digest=asked.digest, actor=boss, at=NOON, signed_in_at=NOON)
    with pytest.raises(IntegrityError), transaction.atomic():
        WavePlan.objects.update(approved_by=boss)
    with pytest.raises(PlanRefusedError):
        approve_plan(plan=plan, digest="0" * 64, actor=make_commander(), at=NOON, signed_in_at=NOON)
    late = NOON + timedelta(hours=25)
    with pytest.raises(PlanRefusedError):
        approve_plan(
            plan=plan, digest=asked.digest, actor=make_commander(), at=late, signed_in_at=late
        )


# -- the engine


def test_waves_pass_one_after_another_and_set_their_sites_free():
    sites = [make_waiting(10 * (number + 1)) for number in range(4)]
    plan = make_plan()
    approve(plan)
    assert what_runs() == {sites[0].code}
    told = current(sites[0]).document
    assert (told["lease"], told["rate"]) == (900, 10_000)

    drain(sites[0])
    advance_waves(at=NOON + MINUTE)
    assert statuses(plan) == [WaveStatus.GATING, WaveStatus.WAITING]
    advance_waves(at=NOON + 3 * MINUTE)
    assert statuses(plan)[0] == WaveStatus.GATING
    advance_waves(at=NOON + 6 * MINUTE)
    advance_waves(at=NOON + 7 * MINUTE)
    assert statuses(plan) == [WaveStatus.PASSED, WaveStatus.DRAINING]
    assert what_runs() == {site.code for site in sites}
    assert current(sites[0]).document["lease"] is None
    assert current(sites[1]).document["rate"] == 3_333

    drain(*sites)
    for minute in (8, 14, 15):
        advance_waves(at=NOON + minute * MINUTE)

    plan.refresh_from_db()
    assert plan.status == PlanStatus.DONE
    assert not Order.objects.in_force().exists()


def test_nobody_passes_the_gate_before_the_data_is_home():
    make_waiting(100), make_waiting(200)
    plan = make_plan()
    approve(plan)

    for minute in range(1, 12):
        advance_waves(at=NOON + minute * MINUTE)

    assert statuses(plan) == [WaveStatus.DRAINING, WaveStatus.WAITING]


def test_digests_that_do_not_agree_freeze_this_wave_and_leave_the_earlier_ones():
    first, second = make_waiting(10), make_waiting(20)
    plan = make_plan()
    approve(plan)
    drain(first)
    for minute in (1, 6, 7):
        advance_waves(at=NOON + minute * MINUTE)

    sync(second, at=NOON + 8 * MINUTE, is_mismatch=True)
    advance_waves(at=NOON + 9 * MINUTE)

    plan.refresh_from_db()
    assert statuses(plan) == [WaveStatus.PASSED, WaveStatus.FAILED]
    assert plan.status == PlanStatus.PAUSED
    assert what_runs() == {first.code}
    assert Signal.objects.open().filter(key=f"wave:{plan.code}").exists()


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"outcome": "failed"}, "sessions failed"),
        ({"conflicts_flagged": 5}, "conflicts"),
        ({"duration_ms": 500, "count": 30}, "p95"),
    ],
)
def test_a_plan_pauses_by_itself_when_health_falls(fields, why):
    site, other = make_waiting(10), make_waiting(20)
    sync(other, at=NOON - 10 * MINUTE, count=30, duration_ms=50)
    plan = make_plan()
    approve(plan)

    sync(site, at=NOON + MINUTE, **fields)
    advance_waves(at=NOON + 2 * MINUTE)

    plan.refresh_from_db()
    assert plan.status == PlanStatus.PAUSED
    assert why in plan.paused_why
    assert statuses(plan) == [WaveStatus.PAUSED, WaveStatus.WAITING]


def test_two_people_let_a_paused_plan_go_on_and_it_is_judged_afresh():
    site, _other = make_waiting(10), make_waiting(20)
    plan = make_plan()
    approve(plan)
    sync(site, at=NOON + MINUTE, outcome="failed")
    advance_waves(at=NOON + 2 * MINUTE)

    approve(plan, Asked.RESUME, at=NOON + 10 * MINUTE)
    drain(site)
    for minute in (11, 16, 17):
        advance_waves(at=NOON + minute * MINUTE)

    assert statuses(plan) == [WaveStatus.PASSED, WaveStatus.DRAINING]
    assert not Signal.objects.open().exists()


def test_a_skipped_wave_stands_still_and_the_next_one_goes():
    first, second = make_waiting(10), make_waiting(20)
    plan = make_plan()
    approve(plan)
    pause_plan(plan=plan, reason="Let me look", actor=make_commander(), at=NOON)

    approve(plan, Asked.SKIP, at=NOON + MINUTE)

    assert statuses(plan) == [WaveStatus.SKIPPED, WaveStatus.DRAINING]
    assert what_runs() == {second.code}
    assert current(first).document["sync"] == {"*": "freeze"}


def test_stragglers_go_at_their_own_pace_and_hold_nobody_up():
    sites = [make_waiting(10 * (number + 1)) for number in range(5)]
    plan = make_plan()
    approve(plan)
    drain(sites[0])
    for minute in (1, 6, 7):
        advance_waves(at=NOON + minute * MINUTE)
    drain(sites[1], sites[2])

    for minute in (8, 23, 29, 30):
        advance_waves(at=NOON + minute * MINUTE)

    assert statuses(plan) == [WaveStatus.PASSED, WaveStatus.PASSED, WaveStatus.DRAINING]
    assert current(sites[3]).document["lease"] == 900
    drain(sites[3])
    advance_waves(at=NOON + 31 * MINUTE)
    assert current(sites[3]).document["lease"] is None


def test_a_wave_of_which_nothing_comes_home_waits_for_a_person():
    make_waiting(10)
    plan = make_plan()
    approve(plan)

    advance_waves(at=NOON + 16 * MINUTE)

    plan.refresh_from_db()
    assert "nothing came home" in plan.paused_why


def test_dark_sites_come_later_one_at_a_time():
    first = make_waiting(10)
    dark = [make_waiting(5, node_state=NodeState.DARK) for _number in range(2)]
    plan = make_plan()
    approve(plan)
    drain(first)
    for minute in (1, 6, 7):
        advance_waves(at=NOON + minute * MINUTE)
    plan.refresh_from_db()
    assert plan.status == PlanStatus.LATE

    SiteState.objects.filter(site__in=dark).update(node_state=NodeState.ONLINE)
    advance_waves(at=NOON + 60 * MINUTE)

    assert len(what_runs() & {site.code for site in dark}) == 1
    plan.refresh_from_db()
    assert plan.status == PlanStatus.RUNNING


def test_a_plan_called_off_leaves_the_others_standing_still():
    first, second = make_waiting(10), make_waiting(20)
    plan = make_plan()
    approve(plan)

    call_off_plan(plan=plan, reason="Wrong morning", actor=make_commander(), at=NOON + MINUTE)
    advance_waves(at=NOON + 2 * MINUTE)

    for site in (first, second):
        assert current(site).document["sync"] == {"*": "freeze"}
    hold = Order.objects.get(action=OrderAction.HOLD)
    assert hold.status == OrderStatus.IN_FORCE


# -- killed in the middle


def test_a_step_killed_in_the_middle_never_happened_and_is_done_again(monkeypatch):
    make_waiting(10)
    other = make_waiting(20)
    plan = make_plan()
    approve(plan)
    SiteState.objects.exclude(site=other).update(pending_records=0)
    for minute in (1, 6):
        advance_waves(at=NOON + minute * MINUTE)
    before = Order.objects.count(), statuses(plan), current(other).epoch

    def killed(*_args, **_fields):
        raise SystemExit(137)

    with monkeypatch.context() as patch:
        patch.setattr(wave_step, "_tell", killed)  # the very last thing that a start does
        with pytest.raises(SystemExit), transaction.atomic():
            advance_waves(at=NOON + 7 * MINUTE)
    assert (Order.objects.count(), statuses(plan), current(other).epoch) == before

    advance_waves(at=NOON + 8 * MINUTE)
    advance_waves(at=NOON + 8 * MINUTE)

    assert statuses(plan) == [WaveStatus.PASSED, WaveStatus.DRAINING]
    assert Order.objects.filter(action=OrderAction.PERMIT).count() == 2


def test_a_percentile_of_too_few_is_unknown():
    assert percentile([1.0] * 19) is None
    assert percentile([float(n) for n in range(100)]) == 95
