"""Moments come out of the store as they went in, whatever reads them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from psycopg.types.datetime import TimestamptzLoader

from bcp_portal.engine.models import SweepMark
from bcp_portal.shared.moments import MomentLoader

TOLD = (
    b"2026-03-02 12:00:01.123456+00",
    b"2026-03-02 12:00:01.5+00",
    b"2026-03-02 12:00:01+00",
    b"2026-03-02 19:30:01+07:30",
    b"2026-03-02 03:00:01.000001-09",
    b"1900-01-01 00:00:00+00:19:32",
    b"0001-01-01 00:00:00+00",
    b"9999-12-31 23:59:59.999999+00",
)


@pytest.mark.parametrize("told", TOLD)
def test_the_quick_reader_says_what_the_slow_one_says(told):
    quick, slow = MomentLoader(1184).load(told), TimestamptzLoader(1184).load(told)

    assert quick == slow
    assert quick.tzinfo is UTC


@pytest.mark.parametrize("told", [b"infinity", b"10000-01-01 00:00:00+00"])
def test_what_no_moment_can_hold_is_refused_and_not_guessed(told):
    with pytest.raises(Exception, match="timestamp"):
        MomentLoader(1184).load(told)


@pytest.mark.django_db
def test_a_moment_comes_back_to_the_microsecond_and_in_utc():
    at = datetime(2026, 3, 2, 12, 0, 1, 7, tzinfo=UTC)
    for number, moment in enumerate((at, at.replace(microsecond=0), at - timedelta(days=36500))):
        SweepMark.objects.create(name=f"moment {number}", ran_at=moment)
        found = SweepMark.objects.get(name=f"moment {number}").ran_at
        assert found == moment
        assert found.tzinfo is UTC


@pytest.mark.django_db
def test_connections_to_postgresql_use_the_quick_reader():
    if connection.vendor != "postgresql":
        return
    connection.ensure_connection()

    assert connection.connection.adapters.get_loader(1184, 0).timezone is UTC
    assert connection.connection.adapters.get_loader(1184, 0) is MomentLoader
