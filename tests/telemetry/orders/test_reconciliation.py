"""Emergency limits: what the site is told, and that its books must be closed afterwards."""

from datetime import timedelta

import pytest
from django.urls import reverse

from bcp_portal.engine.models import Deadline
from siaga_agent.limits import write_limits
from telemetry.models import (
    OnExpiry,
    OrderAction,
    Reconciliation,
    Signal,
    StreamState,
    SyncSession,
)
from telemetry.services.order_effect import expire_order
from telemetry.services.reconciliation import (
    NotReconciledError,
    close_reconciliation,
    reconciliation_due,
)
from tests.make import NOON, make_stream_state
from tests.make_orders import approve, current, give, lift, make_commander, make_heard_site
from tests.telemetry.orders.test_order_pages import sign_in

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
LIMITS = {"transactions_per_hour": 40, "value_minor_per_transaction": 50_000_000}


@pytest.fixture
def books():
    """A site whose limits were just lifted, with something still to bring home."""
    site, device = make_heard_site()
    make_stream_state(device, rpo=HOUR, pending_records=3)
    order = give(site, action=OrderAction.OFFLINE, limits=LIMITS)
    approve(lift(order, site))
    return Reconciliation.objects.get()


def make_whole(books, **fields):
    StreamState.objects.update(pending_records=0)
    device = books.site.devices.get()
    told = {"outcome": "ok", "is_mismatch": False} | fields
    SyncSession.objects.create(
        device=device, session_id="00000000-0000-4000-8000-000000000001", stream_name="sales",
        direction="push", started_at=books.opened_at + HOUR, received_at=NOON, **told,
    )  # fmt: skip


def close(books, *, actor=None):
    return close_reconciliation(
        reconciliation=books, note="Compared sales", actor=actor or make_commander(), at=NOON
    )


def test_of_several_limits_the_lowest_is_told_and_it_ends_with_its_order():
    site, _device = make_heard_site()
    give(site, action=OrderAction.OFFLINE, limits=LIMITS)
    ends = {"expires_at": NOON + HOUR, "on_expiry": OnExpiry.REVERT}
    give(site, action=OrderAction.MAINTENANCE, limits={"transactions_per_hour": 5}, **ends)

    told = current(site).document

    assert told["limits"] == LIMITS | {"transactions_per_hour": 5}
    assert told["then"][0]["limits"] == LIMITS
    expire_order(deadline=Deadline.objects.get(kind="telemetry.order_expiry"), at=NOON + HOUR)
    assert current(site).document["limits"] == LIMITS
    assert Reconciliation.objects.get().order.action == OrderAction.MAINTENANCE


def test_an_order_without_limits_leaves_no_books_open():
    site, _device = make_heard_site()
    approve(lift(give(site), site))

    assert not Reconciliation.objects.exists()


def test_books_that_do_not_agree_stay_open(books):
    with pytest.raises(NotReconciledError, match="3 records are not home"):
        close(books)
    make_whole(books, is_mismatch=True)
    with pytest.raises(NotReconciledError, match="do not agree"):
        close(books)


def test_who_gave_the_order_does_not_close_its_books(books):
    make_whole(books)

    with pytest.raises(NotReconciledError, match="somebody else"):
        close(books, actor=books.order.requested_by)


def test_books_that_agree_are_closed_once_with_their_figures(books):
    make_whole(books)

    closed = close(books)

    assert closed.figures["sessions_ok"] == 1
    with pytest.raises(NotReconciledError, match="closed already"):
        close(books)


def test_books_open_for_a_day_are_told_to_everybody(books):
    reconciliation_due(deadline=Deadline.objects.get(kind="telemetry.reconciliation_due"), at=NOON)
    assert Signal.objects.open().get().site == books.site

    make_whole(books)
    close(books)

    assert not Signal.objects.open().exists()


def test_the_page_shows_what_is_left_and_closes(client, books):
    sign_in(client)
    address = reverse("telemetry:reconcile", args=[books.pk])
    assert books.site.code in client.get(reverse("telemetry:reconciliations")).text
    assert "3 records are not home" in client.get(address).text
    make_whole(books)

    client.post(address, {"note": "Compared sales"})

    assert Reconciliation.objects.get().closed_at is not None


def test_the_programs_of_the_site_read_the_limits_from_a_file(tmp_path):
    assert write_limits(tmp_path, LIMITS)
    assert not write_limits(tmp_path, LIMITS)
    assert "40" in (tmp_path / "limits.json").read_text()
    assert write_limits(tmp_path, {})
    assert (tmp_path / "limits.json").read_text() == "{}"
