"""Planned windows: offline on purpose, at the hour of the site."""

from datetime import UTC, datetime, timedelta

import pytest

from assets.changes import BadFactsError
from assets.services.planned_window import plan_window
from assets.windows import is_inside, occurrences, sites_in_window
from tests.make import NOON, make_region, make_site
from tests.make_assets import make_window

HOUR = timedelta(hours=1)
# 22:00 in Jakarta (UTC+7), a Monday.
TEN_AT_NIGHT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
EVERY_NIGHT = "FREQ=DAILY"


@pytest.mark.parametrize(
    ("rule", "zone", "at", "inside"),
    [
        ("", "Asia/Jakarta", "2026-03-02T15:00", True),
        ("", "Asia/Jakarta", "2026-03-02T14:59", False),
        ("", "Asia/Jakarta", "2026-03-02T23:00", False),  # the end is exclusive
        ("", "Asia/Jakarta", "2026-03-03T15:30", False),
        (EVERY_NIGHT, "Asia/Jakarta", "2026-03-03T15:30", True),
        (EVERY_NIGHT, "Asia/Jakarta", "2028-07-19T22:59", True),
        (EVERY_NIGHT, "Asia/Jakarta", "2026-03-01T15:30", False),  # before the first one
        ("FREQ=WEEKLY;BYDAY=MO", "Asia/Jakarta", "2027-03-01T15:30", True),
        ("FREQ=WEEKLY;BYDAY=MO", "Asia/Jakarta", "2027-03-02T15:30", False),
        ("FREQ=DAILY;INTERVAL=2", "Asia/Jakarta", "2026-03-04T16:00", True),
        ("FREQ=DAILY;INTERVAL=2", "Asia/Jakarta", "2026-03-03T16:00", False),
        ("FREQ=DAILY;COUNT=2", "Asia/Jakarta", "2026-03-04T16:00", False),
        ("FREQ=DAILY;UNTIL=20260304T000000Z", "Asia/Jakarta", "2026-03-05T16:00", False),
        ("FREQ=MONTHLY;BYMONTHDAY=2", "Asia/Jakarta", "2026-09-02T16:00", True),
    ],
)
def test_a_window_of_eight_hours_from_ten_at_night(rule, zone, at, inside):
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)

    found = is_inside(
        rule=rule, starts_at=TEN_AT_NIGHT, duration=8 * HOUR, time_zone=zone, at=moment
    )

    assert found is inside


def test_occurrences_are_listed_in_the_zone_of_the_site():
    found = list(
        occurrences(
            rule=EVERY_NIGHT,
            starts_at=TEN_AT_NIGHT,
            duration=HOUR,
            time_zone="Asia/Jakarta",
            after=TEN_AT_NIGHT + 2 * HOUR,
            before=TEN_AT_NIGHT + timedelta(days=2, hours=2),
        )
    )

    assert [start.strftime("%d %H:%M") for start, _end in found] == ["03 22:00", "04 22:00"]


@pytest.mark.django_db
def test_a_window_of_a_region_covers_its_open_sites():
    region = make_region()
    inside = make_site(region=region)
    make_site(region=region, closed_on=NOON.date())
    make_site()
    make_window(region=region)

    assert sites_in_window(NOON + HOUR / 2) == {inside.pk}


@pytest.mark.django_db
def test_a_nightly_window_of_a_region_comes_at_the_hour_of_each_site():
    region = make_region()
    jakarta = make_site(region=region, time_zone="Asia/Jakarta")
    jayapura = make_site(region=region, time_zone="Asia/Jayapura")
    make_window(region=region, rrule=EVERY_NIGHT, starts_at=TEN_AT_NIGHT, duration=HOUR)

    # The first one is a moment; a day later it repeats by the local clock, the same for both here.
    assert sites_in_window(TEN_AT_NIGHT + timedelta(days=1)) == {jakarta.pk, jayapura.pk}


@pytest.mark.django_db
def test_a_cancelled_window_counts_no_more():
    window = make_window()
    window.is_active = False
    window.save()

    assert sites_in_window(NOON) == set()


@pytest.mark.django_db
def test_the_cost_does_not_grow_with_the_windows(django_assert_max_num_queries):
    for _number in range(5):
        make_window()

    with django_assert_max_num_queries(2):
        assert len(sites_in_window(NOON)) == 5


@pytest.mark.django_db
@pytest.mark.parametrize("rule", ["EVERY NIGHT", "FREQ=SOMETIMES", "FREQ="])
def test_a_rule_nobody_understands_is_refused_with_an_example(rule):
    with pytest.raises(BadFactsError, match="FREQ=WEEKLY"):
        plan_window(
            site=make_site(),
            rrule=rule,
            starts_at=NOON,
            duration=HOUR,
            reason="Works",
            actor=None,
            at=NOON,
        )
