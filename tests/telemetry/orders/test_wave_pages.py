"""The wave board: a dry run, two people, the engine's work shown."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from telemetry.models import PlanStatus, SiteState, WavePlan, WaveStatus
from telemetry.services.wave_step import advance_waves
from tests.make_orders import make_wave_plan
from tests.telemetry.orders.test_order_pages import sign_in
from tests.telemetry.orders.test_waves import make_waiting

pytestmark = pytest.mark.django_db


def at_wave(name, plan):
    return reverse(f"telemetry:{name}", args=[plan.code])


def test_a_plan_is_a_dry_run_until_two_people_start_it(client):
    sites = [make_waiting(10 * (number + 1)) for number in range(5)]
    sign_in(client)
    drawn = client.post(
        reverse("telemetry:wave_plan"),
        {"order_by": "smallest", "capacity_kib": 2, "reason": "After the outage"},
    )
    plan = WavePlan.objects.get()
    page = client.get(drawn.url)
    assert "Dry run" in page.text
    assert sites[0].code in page.text

    client.post(at_wave("wave_ask", plan) + "?what=start")
    client.post(at_wave("wave_approve", plan), {"digest": WavePlan.objects.get().digest})
    assert WavePlan.objects.get().status == PlanStatus.REQUESTED
    sign_in(client)
    assert "It takes you" in client.get(drawn.url).text
    client.post(at_wave("wave_approve", plan), {"digest": WavePlan.objects.get().digest})

    assert WavePlan.objects.get().status == PlanStatus.RUNNING
    SiteState.objects.update(pending_records=0)
    advance_waves(at=timezone.now() + timedelta(seconds=30))
    page = client.get(drawn.url)
    assert "Watched before the next" in page.text
    assert plan.waves.first().status == WaveStatus.GATING


def test_a_plan_is_paused_and_called_off_with_a_reason(client):
    make_waiting(10)
    sign_in(client)
    plan = make_wave_plan(make_waiting(5), status=PlanStatus.RUNNING)

    assert client.post(at_wave("wave_pause", plan), {"reason": ""}).status_code == 422
    client.post(at_wave("wave_pause", plan), {"reason": "Let me look"})
    assert "Let me look" in client.get(at_wave("wave", plan)).text
    client.post(at_wave("wave_call_off", plan), {"reason": "Wrong morning"})

    plan.refresh_from_db()
    assert plan.status == PlanStatus.CANCELLED


def test_the_board_and_a_page_ask_few_questions(client, django_assert_max_num_queries):
    sign_in(client)
    plan = make_wave_plan(*[make_waiting(5) for _number in range(8)], status=PlanStatus.RUNNING)

    with django_assert_max_num_queries(24):
        assert plan.code in client.get(reverse("telemetry:waves")).text
    with django_assert_max_num_queries(24):
        assert client.get(at_wave("wave", plan)).status_code == 200
    assert client.get(reverse("telemetry:waves"), {"export": "xlsx"}).status_code == 200


def test_a_plan_without_anybody_to_bring_home_says_so(client):
    sign_in(client)

    answer = client.post(
        reverse("telemetry:wave_plan"),
        {"order_by": "smallest", "capacity_kib": 2, "reason": "After the outage"},
    )

    assert "No reachable site has anything to bring home" in answer.text
