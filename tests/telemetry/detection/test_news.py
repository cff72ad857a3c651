"""What has just arrived is judged at once; what needs the whole fleet waits for the whole pass."""

from datetime import timedelta
from uuid import uuid4

import pytest

from telemetry.models import NodeState, Signal, SignalRule, SyncSession
from telemetry.services.detection import detect
from telemetry.services.news import detect_news
from tests.make import NOON, make_device, make_site, make_stream_state

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def late_stream(*, heard_at):
    device = make_device(heard_at=heard_at, node_state=NodeState.ONLINE)
    make_stream_state(device, rpo=HOUR, pending_records=5, oldest_pending_at=NOON - 2 * HOUR)
    return device


def mismatch(device):
    SyncSession.objects.create(
        device=device, session_id=uuid4(), stream_name="sales", direction="push",
        started_at=NOON, outcome="partial", received_at=NOON, is_mismatch=True,
        digest_after={"value": "a"}, digest_peer_after={"value": "b"},
    )  # fmt: skip


def rules():
    return sorted(Signal.objects.open().values_list("rule", flat=True))


def test_a_breach_is_told_by_the_site_that_was_heard():
    late_stream(heard_at=NOON)
    late_stream(heard_at=NOON - HOUR)

    detect_news(at=NOON)

    assert rules() == [SignalRule.RPO_BREACHED]


def test_the_full_pass_finds_nothing_to_change_in_what_was_told():
    late_stream(heard_at=NOON)
    detect_news(at=NOON)
    before = Signal.objects.get()

    detect_news(at=NOON)
    detect(at=NOON)

    after = Signal.objects.get()
    assert (after.pk, after.version) == (before.pk, before.version)


def test_a_look_at_few_closes_nothing_of_the_others():
    late_stream(heard_at=NOON)
    detect(at=NOON)
    make_device(heard_at=NOON + HOUR)

    detect_news(at=NOON + HOUR)

    assert SignalRule.RPO_BREACHED in rules()


def test_one_mismatch_is_told_and_many_are_left_to_the_pass_that_sees_them_all():
    first = make_device(heard_at=NOON, site=make_site())
    mismatch(first)
    detect_news(at=NOON)
    assert rules() == [SignalRule.CHECKSUM_MISMATCH]

    for _ in range(3):
        mismatch(make_device(heard_at=NOON, site=make_site()))
    detect_news(at=NOON)

    assert rules() == [SignalRule.CHECKSUM_MISMATCH]


def test_the_outage_of_the_centre_explains_what_is_late_during_it():
    device = late_stream(heard_at=NOON)
    Signal.objects.create(
        rule=SignalRule.CENTRAL_DOWN, key="central", title="x", began_at=NOON, opened_at=NOON,
        site_ids=[device.site_id],
    )  # fmt: skip

    detect_news(at=NOON)

    breach = Signal.objects.get(rule=SignalRule.RPO_BREACHED)
    assert breach.parent_key == f"{SignalRule.CENTRAL_DOWN}:central"
