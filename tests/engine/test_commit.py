"""A step that breaks a rule only the commit checks is found out and set aside alone."""

import pytest

from bcp_portal.engine import schedule
from bcp_portal.engine.models import DeadlineState
from bcp_portal.engine.services.firing import fire_due
from tests.make_engine import SOON, make_deadline, trouble

pytestmark = pytest.mark.django_db(transaction=True)


def break_at_commit(*, deadline, at):
    """Write a row that points nowhere: both stores notice when the transaction ends."""
    from bcp_portal.accounts.models import ApiToken, User  # noqa: PLC0415

    if deadline.subject_id in trouble:
        owner = next(f for f in ApiToken._meta.get_fields() if f.related_model is User)
        row = ApiToken.objects.model(created_at=at, **{f"{owner.name}_id": 999_999})
        row.save()


def test_one_poisoned_commit_does_not_take_its_batch_along(monkeypatch):
    monkeypatch.setitem(schedule.DEADLINES, "test.step", f"{__name__}.break_at_commit")
    bad, good = make_deadline(), make_deadline()
    trouble[bad.subject_id] = ValueError()

    batch = fire_due(at=SOON)

    bad.refresh_from_db()
    good.refresh_from_db()
    assert (batch.fired, batch.failed) == (1, 1)
    assert (bad.state, good.state) == (DeadlineState.WAITING, DeadlineState.FIRED)
    assert bad.last_error.startswith("IntegrityError")
