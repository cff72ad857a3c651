"""Passes over large fleets, our own link, the achieved RPO, orders, and the conflict log."""

from datetime import timedelta

import pytest
from django.urls import reverse

from bcp_portal.accounts.roles import Role
from telemetry.detection import interest
from telemetry.detection.facts import Fleet, read_calm_sites
from telemetry.models import (
    DesiredState,
    DeviceState,
    NodeState,
    ObserverProbe,
    OrderDelivery,
    RpoDay,
    Signal,
    SignalRule,
    SiteState,
    StreamState,
)
from telemetry.services.detection import detect
from telemetry.services.inspection import inspect_fleet
from telemetry.services.rpo_day import note_exposure
from telemetry.simulation import Told, judge_run, make_plan
from tests.make import NOON, make_device, make_region, make_site, make_stream_state, make_user

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def fleet(count=30):
    regions = [make_region(), make_region(), make_region()]
    devices = [
        make_device(heard_at=NOON, site=make_site(region=regions[n % 3], provider=f"P{n % 7}"))
        for n in range(count)
    ]
    for device in devices:
        SiteState.objects.create(site=device.site, node_state=NodeState.ONLINE, since=NOON)
    for number in range(3):
        ObserverProbe.objects.create(witness=f"w{number}", probed_at=NOON, is_ok=True)
    return devices


def hear(devices, at) -> None:
    DeviceState.objects.filter(device__in=devices).update(last_received_at=at, changed_at=at)
    ObserverProbe.objects.update(probed_at=at)


def played(devices):
    """A region falls silent and comes back; what was told on the way, pass by pass."""
    region = devices[0].site.region_id
    others = [device for device in devices if device.site.region_id != region]
    told = []
    for step in range(1, 40):
        at = NOON + step * 15 * SECOND
        hear(others if step < 24 else devices, at)
        detect(at=at)
        signals = Signal.objects.open().order_by("rule", "key")
        told.append(list(signals.values_list("rule", "sums", "site_ids")))
    return told, region


def test_a_pass_that_counts_the_calm_sites_concludes_what_a_full_one_does(monkeypatch):
    devices = fleet()
    full, _region = played(devices)
    Signal.objects.all().delete()
    DeviceState.objects.update(
        last_received_at=NOON, node_state=NodeState.ONLINE, node_state_since=NOON, flap_bits=0,
        flap_checked_at=None, is_flapping=False, heartbeats_since_return=2,
    )  # fmt: skip
    monkeypatch.setattr(interest, "SMALL", 0)
    monkeypatch.setattr(interest, "LARGE_SHARE", 0.9)

    part, _region = played(devices)

    assert any(full)
    assert part == full


def test_the_first_device_speaks_for_the_versions_also_where_few_calm_sites_are_read():
    site = make_site()
    for version in ("1.0", "2.0"):
        device = make_device(site=site, heard_at=NOON)
        DeviceState.objects.filter(pk=device.pk).update(app={"version": version})
    seen = Fleet(NOON, {}, {}, {}, calm=frozenset({site.pk}))

    (found,) = read_calm_sites(seen, [("app_version", "2.0")])

    assert found.devices[0].app_version == "1.0"


def test_only_the_calm_sites_of_the_region_are_read_where_only_it_is_asked_for():
    sites = [make_device(heard_at=NOON, site=make_site(region=make_region())).site for _ in "ab"]
    seen = Fleet(NOON, {}, {}, {}, calm=frozenset(site.pk for site in sites))

    found = read_calm_sites(seen, [("region", sites[0].region.code)])

    assert [one.pk for one in found] == [sites[0].pk]


def test_nothing_is_concluded_while_our_own_link_dies_and_comes_back():
    devices = fleet()
    last = [NOON - (n % 4) * 15 * SECOND for n in range(len(devices))]
    told = set()
    for step in range(1, 60):
        at = NOON + step * 15 * SECOND
        for n, device in enumerate(devices):
            # Cut off from the fourth to the thirty-second step; each speaks once a minute.
            if not 4 <= step < 32 and n % 4 == step % 4:
                last[n] = at
                hear([device], at)
        ObserverProbe.objects.update(probed_at=at, is_ok=not 4 <= step < 32)
        detect(at=at)
        told |= set(Signal.objects.open().values_list("rule", flat=True))

    assert told == {SignalRule.PORTAL_BLIND}
    assert not Signal.objects.open().exists()


def test_the_worst_exposure_of_each_day_is_kept_and_held_against_the_promise():
    device = make_device(heard_at=NOON)
    state = make_stream_state(
        device, rpo=10 * MINUTE, pending_records=3, oldest_pending_at=NOON - 5 * MINUTE
    )
    note_exposure(at=NOON)
    met = RpoDay.objects.get().is_met
    note_exposure(at=NOON + 10 * MINUTE)
    StreamState.objects.filter(pk=state.pk).update(oldest_pending_at=NOON + 10 * MINUTE)
    note_exposure(at=NOON + 11 * MINUTE)

    day = RpoDay.objects.get()
    assert (met, day.is_met, day.worst) == (True, False, 15 * MINUTE)


def test_a_reachable_device_that_does_not_obey_is_told_and_a_dark_one_is_not():
    here = make_device(heard_at=NOON)
    dark = make_device(heard_at=NOON, node_state=NodeState.DARK)
    for device in (here, dark):
        wanted = DesiredState.objects.create(
            site=device.site, epoch=1, mode="offline", document={}, envelope={}, published_at=NOON
        )
        OrderDelivery.objects.create(desired_state=wanted, device=device)
    inspect_fleet(at=NOON + 4 * MINUTE)
    soon = Signal.objects.count()

    inspect_fleet(at=NOON + 6 * MINUTE)

    assert soon == 0
    assert [s.device_id for s in Signal.objects.open()] == [here.pk]
    assert Signal.objects.get().rule == SignalRule.ORDER_NOT_APPLIED


def test_who_tries_the_conflict_log_without_the_right_is_told(client):
    viewer = make_user(Role.VIEWER)
    client.force_login(viewer)
    answer = client.get(reverse("api:conflict-list"))
    from_trail = Signal.objects.count()

    refused_at = viewer.date_joined
    inspect_fleet(at=refused_at + MINUTE)

    signal = Signal.objects.get(rule=SignalRule.UNAUTHORISED_ACTION)
    assert answer.status_code == 403
    assert (from_trail, signal.key) == (0, f"user:{viewer.pk}")


def test_a_plan_is_the_same_for_the_same_seed_and_false_groups_are_found_out():
    plan, again = (make_plan(400, seed=3, begins=NOON) for _ in range(2))
    region = plan.events[0]
    right = Told(region.key, region.begins + 2 * MINUTE, "")
    wrong = Told("network_outage:region:R99", region.begins + 2 * MINUTE, "")

    report = judge_run(plan, [right, wrong], naive=40)

    assert plan.events == again.events
    assert plan.own == again.own
    assert report.findings[0].delay == 2 * MINUTE
    assert report.false_groups == [wrong.key]
