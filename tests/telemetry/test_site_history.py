"""The site page: thirty days of states, a day of reach, posture and backups, the audit trail."""

from datetime import timedelta

import pytest
from django.urls import reverse

from bcp_portal.accounts.roles import Role
from bcp_portal.engine.models import SweepMark
from telemetry.models import DeviceState, NodeState, SiteSpan, SyncSession
from telemetry.selectors_site_history import site_history
from telemetry.services.detection import detect
from telemetry.services.site_span import begin_spans, unwatched_since
from tests.make import NOON, make_device, make_site, make_user
from tests.make_telemetry import heartbeat, posture, send, sync_session

pytestmark = pytest.mark.django_db


def span(site, state, begins, ends):
    """From so many hours before noon to so many."""
    return SiteSpan.objects.create(
        site=site, state=state, began_at=NOON - timedelta(hours=begins),
        ended_at=None if ends is None else NOON - timedelta(hours=ends),
    )  # fmt: skip


def test_each_change_of_state_begins_a_stretch_and_ends_the_last():
    device = make_device(heard_at=NOON)
    detect(at=NOON)
    detect(at=NOON + timedelta(minutes=1))
    first = SiteSpan.objects.get(site=device.site)
    assert (first.began_at, first.ended_at) == (NOON, None)

    later = NOON + timedelta(hours=3)
    detect(at=later)

    first.refresh_from_db()
    now = SiteSpan.objects.get(site=device.site, ended_at=None)
    assert first.ended_at == now.began_at == later
    assert now.state != first.state


def test_time_in_which_detection_did_not_run_is_unknown():
    device = make_device(heard_at=NOON)
    detect(at=NOON)
    state = SiteSpan.objects.get(site=device.site).state
    SweepMark.objects.create(name="telemetry.detect", ran_at=NOON, runs=1)
    awake = NOON + timedelta(minutes=30)
    DeviceState.objects.update(last_received_at=awake)

    detect(at=awake)

    spans = SiteSpan.objects.filter(site=device.site).order_by("began_at", "pk")
    gap = spans.get(state=NodeState.UNKNOWN)
    assert (gap.began_at, gap.ended_at) == (NOON, awake)
    assert [one.began_at for one in spans if one.state == state] == [NOON, awake]
    assert spans.get(ended_at=None).began_at == awake


def test_a_short_pause_of_the_engine_is_no_unknown_time():
    device = make_device(heard_at=NOON)
    detect(at=NOON)
    SweepMark.objects.create(name="telemetry.detect", ran_at=NOON, runs=1)

    assert unwatched_since(NOON + timedelta(minutes=1)) is None
    detect(at=NOON + timedelta(minutes=1))
    assert SiteSpan.objects.filter(site=device.site).count() == 1


def test_a_clock_that_was_set_back_does_not_stop_the_stretches():
    site = make_site()
    began = span(site, NodeState.ONLINE, 1, None)

    begin_spans(states={site.pk: NodeState.OFFLINE}, at=began.began_at - timedelta(minutes=6))

    began.refresh_from_db()
    assert began.ended_at == began.began_at
    assert SiteSpan.objects.get(site=site, ended_at=None).state == NodeState.OFFLINE


def test_unknown_time_is_shown_as_unknown_and_is_in_no_figure():
    site = make_site()
    span(site, NodeState.ONLINE, 100, 50)
    span(site, NodeState.UNKNOWN, 50, 30)
    span(site, NodeState.OFFLINE, 30, 20)
    span(site, NodeState.ONLINE, 20, None)

    page = site_history(site, at=NOON)

    assert [band.state for band in page.bands] == [
        "unwatched", "online", "unknown", "offline", "online",
    ]  # fmt: skip
    assert page.up_share == 87.5  # 70 of 80 known hours; the 20 of which nobody knows are out
    assert round(page.bands[0].x + sum(band.width for band in page.bands)) == 1000


def test_the_ladder_is_shown_hour_by_hour_and_what_nobody_asked_is_unknown():
    device = make_device()
    told = {"gateway": {"ok": True, "rtt_ms": 3}, "central": {"ok": False}}
    send(device, heartbeat(1, at=NOON, reach=told), at=NOON)

    page = site_history(device.site, at=NOON + timedelta(minutes=5))

    rungs = {rung.name: rung for rung in page.rungs}
    assert rungs["gateway"].share == 100
    assert rungs["gateway"].rtt_ms == 3
    assert rungs["central"].share == 0
    assert rungs["internet"].share is None
    assert [share for _hour, share in rungs["gateway"].hours] == [None] * 23 + [100]


def test_the_site_page_shows_posture_backup_anomalies_and_the_way_to_the_trail(client):
    device = make_device(heard_at=NOON, site=make_site(code="SBY-02"))
    send(device, posture(1, disk_encrypted=False, av_running=True), at=NOON)
    backup = {"last_ok_at": "2026-03-01T01:00:00Z", "encrypted": False}
    DeviceState.objects.filter(device=device).update(backup=backup)
    send(device, sync_session(2, outcome="aborted", rejected=7), at=NOON)
    assert SyncSession.objects.count() == 1
    client.force_login(make_user(Role.SYNC_TECHNICIAN, Role.AUDITOR))

    page = client.get(reverse("telemetry:site", args=["SBY-02"])).content.decode()
    past = client.get(reverse("telemetry:site_history", args=["SBY-02"])).content.decode()

    assert reverse("audit:about", args=["assets.site", device.site.pk]) in page
    assert "7 rejected" in page
    assert "disk encrypted" in past
    assert "not encrypted" in past


def test_the_history_costs_the_same_at_any_length(client, django_assert_max_num_queries):
    site = make_site()
    for _number in range(5):
        make_device(heard_at=NOON, site=site)
    for hour in range(200):
        span(site, NodeState.ONLINE if hour % 2 else NodeState.OFFLINE, 201 - hour, 200 - hour)
    with django_assert_max_num_queries(4):
        site_history(site, at=NOON)
