"""Held calls: one person holds, two different people let go."""

import pytest

from bcp_portal.audit.models import AuditRow
from bcp_portal.engine.models import CallHold
from bcp_portal.engine.services.hold import HoldError, hold_all_calls, release_calls
from tests.make import make_user
from tests.make_engine import LATER, NOON, SOON

pytestmark = pytest.mark.django_db


def test_one_person_alone_does_not_release_the_calls():
    hold = hold_all_calls(reason="Restored", actor=None, at=NOON)
    person = make_user()
    release_calls(hold=hold, actor=person, at=SOON)

    with pytest.raises(HoldError):
        release_calls(hold=hold, actor=person, at=LATER)
    assert CallHold.objects.in_force().exists()


def test_two_people_release_the_calls():
    hold = hold_all_calls(reason="Restored", actor=None, at=NOON)

    for person in (make_user(), make_user()):
        release_calls(hold=hold, actor=person, at=SOON)

    assert not CallHold.objects.in_force().exists()
    assert AuditRow.objects.filter(action="calls.release").count() == 2


def test_a_released_hold_stays_released():
    hold = hold_all_calls(reason="Restored", actor=None, at=NOON)
    for person in (make_user(), make_user()):
        release_calls(hold=hold, actor=person, at=SOON)

    with pytest.raises(HoldError):
        release_calls(hold=hold, actor=make_user(), at=LATER)


def test_a_hold_without_a_reason_is_refused():
    with pytest.raises(HoldError):
        hold_all_calls(reason=" ", actor=None, at=NOON)
