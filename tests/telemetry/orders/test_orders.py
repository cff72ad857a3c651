"""Orders: how many people they take, what they add up to, what they never do."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from assets.models import SiteAssignment
from bcp_portal.engine.models import Deadline, DeadlineState
from bcp_portal.shared.errors import NotAllowedError
from bcp_portal.shared.lifecycle import IllegalMoveError
from telemetry.models import (
    Approval,
    ApprovalClass,
    DesiredState,
    OnExpiry,
    Order,
    OrderAction,
    OrderStatus,
    Signal,
    SignalRule,
)
from telemetry.services import order_effect
from telemetry.services.order import (
    OrderRefusedError,
    SamePersonError,
    StaleSignInError,
    approve_order,
    confirm_order,
    refuse_order,
    review_order,
)
from telemetry.services.order_ack import renew_outrun
from tests.make import NOON, make_device, make_site, make_user
from tests.make_orders import approve, current, give, lift, make_commander, make_heard_site

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def fire(kind, at):
    """Let the deadline of a kind come due."""
    deadline = Deadline.objects.get(kind=kind, state=DeadlineState.WAITING)
    getattr(order_effect, kind.removeprefix("telemetry.order_") + "_due")(deadline=deadline, at=at)


# -- class A


def test_one_person_freezes_a_source_at_once():
    site, device = make_heard_site()

    order = give(site)

    assert (order.approval_class, order.status) == (ApprovalClass.A, OrderStatus.IN_FORCE)
    state = current(site)
    assert state.document["sync"] == {"*": "freeze"}
    assert (state.epoch, state.document["epoch"]) == (1, 1)
    assert state.document["site"] == site.code
    assert [delivery.device for delivery in state.deliveries.all()] == [device]


def test_a_second_person_stands_by_it():
    site, _device = make_heard_site()
    order = give(site)

    confirm_order(order=order, actor=make_commander(), at=NOON + MINUTE, signed_in_at=NOON)

    order.refresh_from_db()
    assert not order.needs_confirmation
    assert not Deadline.objects.waiting().filter(kind="telemetry.order_confirm").exists()


def test_nobody_confirms_their_own_order():
    site, _device = make_heard_site()
    boss = make_commander()
    order = give(site, actor=boss)

    with pytest.raises(SamePersonError):
        confirm_order(order=order, actor=boss, at=NOON, signed_in_at=NOON)
    order.confirmed_by = boss
    with pytest.raises(IntegrityError), transaction.atomic():
        order.save()


def test_an_order_nobody_confirms_calls_for_somebody_and_stays_in_force():
    site, _device = make_heard_site()
    order = give(site)
    fire("telemetry.order_confirm", NOON + 31 * MINUTE)

    order.refresh_from_db()
    signal = Signal.objects.open().get(rule=SignalRule.ORDER_ALONE)
    assert order.is_overdue
    assert order.status == OrderStatus.IN_FORCE
    assert signal.site == site

    confirm_order(order=order, actor=make_commander(), at=NOON + HOUR, signed_in_at=NOON + HOUR)
    signal.refresh_from_db()
    assert signal.closed_at is not None


def test_a_freeze_never_ends_by_itself():
    site, _device = make_heard_site()
    with pytest.raises(OrderRefusedError, match="never ends by itself"):
        give(site, expires_at=NOON + HOUR, on_expiry=OnExpiry.REVERT)
    order = give(site)
    order.expires_at = NOON + HOUR
    with pytest.raises(IntegrityError), transaction.atomic():
        order.save()


def test_an_order_needs_a_fresh_sign_in():
    site, _device = make_heard_site()
    order = give(site)

    for old in (None, NOON - 6 * MINUTE):
        with pytest.raises(StaleSignInError):
            confirm_order(order=order, actor=make_commander(), at=NOON, signed_in_at=old)


def test_nobody_orders_at_sites_that_are_not_theirs():
    mine, theirs = make_heard_site()[0], make_heard_site()[0]
    technician = make_user("sync_technician")
    SiteAssignment.objects.filter(user=technician).delete()
    SiteAssignment.objects.create(user=technician, site=mine)

    give(mine, actor=technician)
    with pytest.raises(NotAllowedError):
        give(theirs, actor=technician)


# -- class B


def six_sites():
    return [make_heard_site()[0] for _number in range(6)]


def test_more_than_five_sites_take_two_people_before():
    sites = six_sites()
    order = give(*sites)
    assert (order.approval_class, order.status) == (ApprovalClass.B, OrderStatus.REQUESTED)
    assert not DesiredState.objects.exists()

    approve(order)

    order.refresh_from_db()
    assert order.status == OrderStatus.IN_FORCE
    assert DesiredState.objects.current().count() == 6


def test_nobody_approves_their_own_order():
    boss = make_commander()
    order = give(*six_sites(), actor=boss)

    with pytest.raises(SamePersonError):
        approve(order, actor=boss)
    with pytest.raises(IntegrityError), transaction.atomic():
        Approval.objects.filter(subject_id=order.pk).update(approver=boss, approved_at=NOON)
    assert not DesiredState.objects.exists()


def test_an_approval_fits_only_what_was_shown():
    order = give(*six_sites())
    shown = order.digest

    Order.objects.filter(pk=order.pk).update(reason="Something else")
    with pytest.raises(OrderRefusedError, match="no longer what you were shown"):
        approve_order(order=order, digest=shown, actor=make_commander(), at=NOON, signed_in_at=NOON)

    order.targets.first().delete()
    with pytest.raises(OrderRefusedError):
        approve(order)


def test_an_approval_is_good_once():
    order = approve(give(*six_sites()))

    with pytest.raises(OrderRefusedError, match="does not wait"):
        approve(order)


def test_a_request_lapses_after_a_day():
    order = give(*six_sites())
    late = NOON + timedelta(hours=24, minutes=1)

    with pytest.raises(OrderRefusedError, match="older than a day"):
        approve(order, at=late)
    deadline = Deadline.objects.get(kind="telemetry.order_lapse")
    order_effect.lapse_request(deadline=deadline, at=late)

    order.refresh_from_db()
    assert order.status == OrderStatus.LAPSED


def test_a_second_person_may_say_no_and_the_first_may_take_it_back():
    boss = make_commander()
    refused, withdrawn = give(*six_sites(), actor=boss), give(*six_sites(), actor=boss)

    refuse_order(order=refused, reason="Not all of them", actor=make_commander(), at=NOON)
    refuse_order(order=withdrawn, reason="", actor=boss, at=NOON)

    statuses = [Order.objects.get(pk=order.pk).status for order in (refused, withdrawn)]
    assert statuses == [OrderStatus.REFUSED, OrderStatus.WITHDRAWN]
    with pytest.raises(OrderRefusedError):
        approve(refused)


def test_lifting_a_freeze_takes_two_people():
    site, _device = make_heard_site()
    order = give(site)
    request = lift(order, site)
    assert current(site).document["sync"] == {"*": "freeze"}

    approve(request)

    order.refresh_from_db()
    assert order.status == OrderStatus.LIFTED
    assert current(site).document["sync"] == {"*": "run"}
    assert current(site).epoch == 2
    with pytest.raises(OrderRefusedError, match="in force"):
        lift(order, site)


def test_an_order_is_lifted_at_one_of_its_sites():
    one, other = make_heard_site()[0], make_heard_site()[0]
    order = give(one, other)

    approve(lift(order, one))

    order.refresh_from_db()
    assert order.status == OrderStatus.IN_FORCE
    assert current(one).document["sync"] == {"*": "run"}
    assert current(other).document["sync"] == {"*": "freeze"}


# -- break-glass


def test_breaking_the_glass_acts_at_once_and_is_reviewed_by_somebody_else():
    boss = make_commander()
    order = give(*six_sites(), actor=boss, break_glass=True)
    assert order.status == OrderStatus.IN_FORCE
    assert order.needs_review
    with pytest.raises(SamePersonError):
        review_order(order=order, note="Fine", actor=boss, at=NOON)
    fire("telemetry.order_review", NOON + 25 * HOUR)
    assert Signal.objects.open().filter(rule=SignalRule.ORDER_ALONE).exists()

    review_order(order=order, note="It was right", actor=make_commander(), at=NOON + 26 * HOUR)

    order.refresh_from_db()
    assert not order.needs_review
    assert not Signal.objects.open().filter(rule=SignalRule.ORDER_ALONE).exists()


def test_only_a_commander_breaks_the_glass():
    technician = make_user("sync_technician")
    sites = six_sites()
    SiteAssignment.objects.bulk_create(SiteAssignment(user=technician, site=site) for site in sites)
    with pytest.raises(NotAllowedError, match="break the glass"):
        give(*sites, actor=technician, break_glass=True)


# -- what several orders add up to


def test_a_freeze_outlives_the_offline_mode_beside_it():
    site, _device = make_heard_site()
    give(site, streams=("sales",))
    offline = give(
        site, action=OrderAction.OFFLINE, expires_at=NOON + HOUR, on_expiry=OnExpiry.REVERT
    )
    told = current(site).document
    assert (told["mode"], told["sync"]) == ("offline", {"*": "freeze"})
    assert told["then"] == [
        {
            "at": (NOON + HOUR).isoformat(),
            "mode": "normal",
            "sync": {"*": "run", "sales": "freeze"},
        }
    ]

    deadline = Deadline.objects.get(kind="telemetry.order_expiry")
    order_effect.expire_order(deadline=deadline, at=NOON + HOUR)

    offline.refresh_from_db()
    assert offline.status == OrderStatus.EXPIRED
    assert current(site).document["sync"] == {"*": "run", "sales": "freeze"}


def test_a_scheduled_order_is_told_before_its_time_and_begins_at_it():
    site, _device = make_heard_site()
    order = give(site, action=OrderAction.MAINTENANCE, not_before=NOON + HOUR)
    assert order.status == OrderStatus.SCHEDULED
    assert current(site).document["mode"] == "normal"
    assert current(site).document["then"][0]["mode"] == "maintenance"

    deadline = Deadline.objects.get(kind="telemetry.order_start")
    order_effect.start_order(deadline=deadline, at=NOON + HOUR)

    assert current(site).document["mode"] == "maintenance"


def test_an_ended_order_does_not_come_back():
    site, _device = make_heard_site()
    order = give(site)
    approve(lift(order, site))

    order.refresh_from_db()
    with pytest.raises(IllegalMoveError):
        order_effect.enact(order=order, actor=None, at=NOON)


def test_the_same_state_is_not_signed_twice():
    site, _device = make_heard_site()
    give(site)

    assert order_effect.publish_states(site_ids=[site.pk], order=None, at=NOON + MINUTE) == 0
    assert current(site).epoch == 1


# -- a site that moved


def test_an_order_to_a_region_stays_with_a_site_that_moves_away():
    site, _device = make_heard_site()
    give(site, addressed="region", region=site.region)

    site.region = make_site().region
    site.save()

    assert current(site).document["sync"] == {"*": "freeze"}


def test_a_device_that_moved_from_a_site_with_higher_numbers_is_told_a_higher_one():
    site, _device = make_heard_site()
    give(site)
    newcomer = make_device(site=site, heard_at=NOON)
    newcomer.state.acked_order_epoch = 40
    newcomer.state.save()

    assert renew_outrun(at=NOON + MINUTE) == "1 renewed"
    assert renew_outrun(at=NOON + MINUTE) == "0 renewed"
    assert current(site).epoch == 41
    assert current(site).document["sync"] == {"*": "freeze"}


def test_a_device_that_invents_a_number_does_not_use_the_numbers_up():
    site, device = make_heard_site()
    give(site)
    device.state.acked_order_epoch = 2**60
    device.state.save()

    assert renew_outrun(at=NOON + MINUTE) == "0 renewed"
