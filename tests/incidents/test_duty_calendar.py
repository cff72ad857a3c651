"""A duty follows a calendar kept elsewhere (P2): looked at first, and a bad answer is nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from bcp_portal.accounts.roles import Role
from bcp_portal.engine.models import Job
from bcp_portal.shared.errors import DomainError
from incidents.ical_in import MOST_EVENTS, FeedError, read_feed
from incidents.models import DutyCalendar, Shift
from incidents.services.duty_calendar import (
    add_calendar,
    drop_calendar,
    read_calendar,
    renew_calendars,
    take_over_calendar,
)
from incidents.services.rotation import make_rotation
from tests.make import NOON, make_user

UNTIL = NOON + timedelta(days=90)
DAY = timedelta(days=1)


def calendar(*events):
    inner = "".join(f"BEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\n" for event in events)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{inner}END:VCALENDAR\r\n"


def turn(starts_at, mail="ana@example.org", hours=24, rule="", uid=""):
    ends_at = starts_at + timedelta(hours=hours)
    lines = [
        f"UID:{uid or starts_at.isoformat()}",
        "SUMMARY:On call",
        f"DTSTART:{starts_at:%Y%m%dT%H%M%SZ}",
        f"DTEND:{ends_at:%Y%m%dT%H%M%SZ}",
        f"ATTENDEE;CN=A person:mailto:{mail}",
        *([f"RRULE:{rule}"] if rule else []),
    ]
    return "\r\n".join(lines)


def read(text, zone="Asia/Jakarta"):
    return read_feed(text, zone=zone, since=NOON, until=UNTIL)


# -- reading


def test_an_all_day_event_begins_at_midnight_of_the_duty():
    event = "UID:1\r\nSUMMARY:a@b.example\r\nDTSTART;VALUE=DATE:20991231"
    event = event.replace("20991231", f"{NOON + DAY:%Y%m%d}")

    (found,) = read(calendar(event), zone="Asia/Makassar").turns

    assert found.starts_at.hour == 16
    assert found.ends_at - found.starts_at == DAY
    assert found.mails == ("a@b.example",)


def test_a_turn_keeps_its_hour_on_the_wall_when_the_clocks_change():
    event = (
        "UID:1\r\nSUMMARY:x\r\nRRULE:FREQ=WEEKLY\r\nDURATION:PT8H\r\n"
        "DTSTART;TZID=Europe/Berlin:20260301T080000"
    )
    since = datetime(2026, 3, 20, tzinfo=UTC)

    turns = read_feed(calendar(event), zone="UTC", since=since, until=since + 14 * DAY).turns

    assert [one.starts_at.hour for one in turns] == [7, 6]


def test_a_changed_turn_of_a_series_stands_in_its_place_and_a_cancelled_one_is_gone():
    series = turn(NOON, rule="FREQ=DAILY;COUNT=4", uid="s", hours=2)
    moved = turn(NOON + DAY + timedelta(hours=5), "budi@example.org", uid="s", hours=2)
    moved += f"\r\nRECURRENCE-ID:{NOON + DAY:%Y%m%dT%H%M%SZ}"
    gone = turn(NOON + 2 * DAY, uid="s", hours=2)
    gone += f"\r\nSTATUS:CANCELLED\r\nRECURRENCE-ID:{NOON + 2 * DAY:%Y%m%dT%H%M%SZ}"

    turns = read(calendar(series, moved, gone)).turns

    assert [one.starts_at - NOON for one in turns] == [
        timedelta(0), DAY + timedelta(hours=5), 3 * DAY,
    ]  # fmt: skip
    assert turns[1].mails == ("budi@example.org",)


def test_rules_strike_as_the_standard_says():
    monday = NOON - timedelta(days=NOON.weekday() + 7)

    def count(rule):
        return len(read(calendar(turn(monday, rule=rule, hours=1))).turns)

    assert count("FREQ=DAILY;INTERVAL=7") == count("FREQ=WEEKLY") == count("FREQ=DAILY;BYDAY=MO")
    assert count("FREQ=WEEKLY;BYDAY=MO,TH") > count("FREQ=WEEKLY")
    assert count("FREQ=MONTHLY;BYDAY=-1FR") == 3
    assert count("FREQ=MONTHLY;BYMONTHDAY=-1") == 2


@pytest.mark.parametrize(
    "rule", ["FREQ=SECONDLY", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;BYSECOND=0,1", "FREQ=NEVER"]
)
def test_a_rule_that_nobody_has_turns_by_is_named_and_the_others_are_read(rule):
    reading = read(calendar(turn(NOON, rule=rule, uid="a"), turn(NOON + DAY, uid="b")))

    assert len(reading.turns) == 1
    assert "On call" in reading.problems[0]


def test_a_rule_whose_day_never_comes_is_no_bomb():
    never = "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"
    began = datetime(1900, 1, 1, tzinfo=UTC)

    assert read(calendar(*(turn(began, rule=never, uid=f"{n}") for n in range(200)))).turns == ()
    counted = "FREQ=DAILY;COUNT=999999999"
    many = calendar(*(turn(began, rule=counted, uid=f"{n}") for n in range(20)))
    with pytest.raises(FeedError, match="too long"):
        read(many)


@pytest.mark.parametrize(
    "text",
    [
        "<html>Sign in</html>",
        calendar(turn(NOON))[:-20],
        "BEGIN:VCALENDAR\n" + "BEGIN:VEVENT\nEND:VEVENT\n" * (MOST_EVENTS + 1) + "END:VCALENDAR",
        "BEGIN:VCALENDAR\n" + "X" * 1_000_001 + "\nEND:VCALENDAR",
    ],
)
def test_what_is_no_whole_calendar_of_bearable_size_is_refused(text):
    with pytest.raises(FeedError):
        read(text)


def test_odd_events_are_left_out_by_name():
    reading = read(
        calendar(
            "SUMMARY:Mars\r\nDTSTART;TZID=Mars/Base:20991231T000000\r\nDURATION:PT1H",
            "SUMMARY:Backwards\r\nDTSTART:20991231T000000Z\r\nDURATION:-PT1H",
            "SUMMARY:Broken\r\nDTSTART:tomorrow",
            "\r\n".join(["SUMMARY:Endless", *["EXDATE:20991231T000000Z"] * 3000]),
        )
    )

    assert reading.turns == ()
    assert [problem.split("”")[0][1:] for problem in reading.problems] == [
        "Mars", "Backwards", "Broken", "Endless",
    ]  # fmt: skip


# -- following

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana():
    return make_user(Role.RESPONDER, email="Ana@example.org")


@pytest.fixture
def commander():
    return make_user(Role.INCIDENT_COMMANDER)


def follow(commander, url="", text=""):
    rotation = make_rotation(name="Duty", actor=None, at=NOON)
    feed = add_calendar(
        rotation=rotation, name="Plan", use="turns", address=url, text=text,
        actor=commander, at=NOON,
    )  # fmt: skip
    if url:
        fetch(feed, NOON)
    take_over_calendar(calendar=feed, actor=commander, at=NOON)
    feed.refresh_from_db()
    return feed


def fetch(feed, at):
    read_calendar(subject_id=feed.pk, at=at, again=False)
    feed.refresh_from_db()


def turns_of(feed):
    return [
        (shift.user.email.lower(), shift.starts_at, shift.ends_at)
        for shift in Shift.objects.filter(rotation=feed.rotation).order_by("starts_at")
    ]


def test_a_file_is_looked_at_before_it_changes_anybodys_turn(client, commander, ana):
    rotation = make_rotation(name="Duty", actor=None, at=NOON)
    client.force_login(commander)
    soon = datetime.now(UTC).replace(microsecond=0) + DAY
    words = calendar(turn(soon), turn(soon + DAY, "nobody@example.org"))
    place = reverse("incidents:rotation_feed_add", args=[rotation.pk])

    file = SimpleUploadedFile("plan.ics", words.encode())
    answer = client.post(place, {"name": "Plan", "use": "turns", "file": file})
    page = client.get(answer["Location"]).content.decode()

    assert ana.name in page
    assert "nobody@example.org" in page
    assert not Shift.objects.exists()

    client.post(f"{answer['Location']}take/")

    assert [row[0] for row in turns_of(DutyCalendar.objects.get())] == ["ana@example.org"]
    assert "Plan" in client.get(reverse("incidents:rotation", args=[rotation.pk])).content.decode()


def test_a_calendar_at_an_address_is_read_again_and_its_changes_are_followed(
    settings, hook_server, commander, ana
):
    settings.WEBHOOK_ALLOW = ["127.0.0.1"]
    hook_server.page = calendar(turn(NOON - DAY, hours=36), turn(NOON + DAY)).encode()
    feed = follow(commander, hook_server.url)
    assert turns_of(feed) == [
        ("ana@example.org", NOON, NOON + timedelta(hours=12)),
        ("ana@example.org", NOON + DAY, NOON + 2 * DAY),
    ]

    later = NOON + timedelta(minutes=16)
    hook_server.page = calendar(turn(NOON - DAY, hours=30), turn(NOON + 3 * DAY)).encode()
    Job.objects.all().delete()
    assert renew_calendars(at=later) == "1 calendars asked"
    assert Job.objects.filter(kind="incidents.duty_calendar", subject_id=feed.pk).exists()
    fetch(feed, later)

    assert turns_of(feed) == [
        ("ana@example.org", NOON, NOON + timedelta(hours=6)),
        ("ana@example.org", NOON + 3 * DAY, NOON + 4 * DAY),
    ]


@pytest.mark.parametrize(
    ("status", "page"),
    [
        (500, b""),
        (302, b""),
        (200, b"<html>Sign in</html>"),
        (200, calendar().encode()),
        (200, b"\xff"),
    ],
)
def test_a_failed_reading_leaves_every_turn_and_says_so(
    client, settings, hook_server, commander, ana, status, page
):
    settings.WEBHOOK_ALLOW = ["127.0.0.1"]
    hook_server.page = calendar(turn(NOON + DAY)).encode()
    feed = follow(commander, hook_server.url)
    before = turns_of(feed)

    hook_server.answer, hook_server.page = status, page
    fetch(feed, NOON + timedelta(hours=3))

    assert turns_of(feed) == before
    assert feed.error
    assert feed.is_old(NOON + timedelta(hours=3))
    client.force_login(commander)
    place = reverse("incidents:rotation_feed", args=[feed.rotation_id, feed.pk])
    assert "Every turn stays as it was read before." in client.get(place).content.decode()


def test_an_address_of_our_own_network_is_not_asked_and_never_shown_whole(
    client, settings, hook_server, commander
):
    settings.WEBHOOK_ALLOW = []
    rotation = make_rotation(name="Duty", actor=None, at=NOON)
    feed = add_calendar(
        rotation=rotation, name="Plan", use="turns", address=f"{hook_server.url}?key=secret",
        actor=commander, at=NOON,
    )  # fmt: skip

    fetch(feed, NOON)
    client.force_login(commander)
    place = reverse("incidents:rotation_feed", args=[rotation.pk, feed.pk])

    assert "inner address" in feed.error
    assert "secret" not in client.get(place).content.decode()


def test_a_dropped_calendar_takes_its_coming_turns_along(commander, ana):
    feed = follow(commander, text=calendar(turn(NOON - DAY, hours=36), turn(NOON + DAY)))

    drop_calendar(calendar=feed, actor=commander, at=NOON + timedelta(minutes=1))

    assert turns_of(feed) == [("ana@example.org", NOON, NOON + timedelta(hours=12))]


def test_a_calendar_that_names_nobody_we_know_is_not_taken_over(commander):
    with pytest.raises(DomainError, match="nobody"):
        follow(commander, text=calendar(turn(NOON + DAY)))


def test_whoever_stands_in_by_a_calendar_is_called_instead(commander, ana):
    budi = make_user(Role.RESPONDER, email="budi@example.org")
    feed = follow(commander, text=calendar(turn(NOON)))
    relief = add_calendar(
        rotation=feed.rotation, name="Relief", use="stand_in",
        text=calendar(turn(NOON + timedelta(hours=2), "budi@example.org", hours=2)),
        actor=commander, at=NOON,
    )  # fmt: skip
    take_over_calendar(calendar=relief, actor=commander, at=NOON)

    assert feed.rotation.on_call_at(NOON + timedelta(hours=1)) == [ana]
    assert feed.rotation.on_call_at(NOON + timedelta(hours=3)) == [budi]
