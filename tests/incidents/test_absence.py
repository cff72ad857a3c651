"""Who is away by their own calendar is not called; the next one is (point 4, iCal in)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from bcp_portal.accounts.roles import Role
from bcp_portal.engine.models import Job
from bcp_portal.shared.errors import DomainError
from incidents.call_lint import Turn, present
from incidents.models import Absence, AbsenceCalendar, EscalationPolicy
from incidents.selectors.call_lint import policy_problems
from incidents.selectors.duty import people_on_rung, who_would_be_called
from incidents.services.absence import drop_absences, follow_absences, read_absences, renew_absences
from incidents.services.rotation import assign_shift, make_rotation
from tests.make import NOON, make_user
from tests.make_incidents import make_policy

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def calendar(*spans):
    events = "".join(
        f"BEGIN:VEVENT\r\nUID:{begins.isoformat()}\r\nSUMMARY:Surgery\r\n"
        f"DTSTART:{begins:%Y%m%dT%H%M%SZ}\r\nDTEND:{ends:%Y%m%dT%H%M%SZ}\r\nEND:VEVENT\r\n"
        for begins, ends in spans
    )
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n"


@pytest.fixture
def ana():
    return make_user(Role.RESPONDER)


@pytest.fixture
def budi():
    return make_user(Role.RESPONDER)


def leave(person, *spans, at=NOON):
    spans = spans or ((NOON, NOON + DAY),)
    return follow_absences(
        user=person, time_zone="Asia/Jakarta", text=calendar(*spans), actor=person, at=at
    )


def called(*targets, at=NOON + HOUR):
    return people_on_rung(targets, incident=None, at=at)


def test_whoever_is_away_is_passed_over_and_called_again_afterwards(ana, budi):
    leave(ana)
    both = ({"user": ana.pk}, {"user": budi.pk})

    assert called(*both) == [budi]
    assert called(*both, at=NOON + DAY) == [ana, budi]


def test_a_duty_falls_to_whom_the_stand_in_replaces_when_the_stand_in_is_away(ana, budi):
    duty = make_rotation(name="Duty", actor=None, at=NOON)
    turn = {"rotation": duty, "starts_at": NOON, "ends_at": NOON + DAY, "actor": None, "at": NOON}
    assign_shift(user=budi, **turn)
    assign_shift(user=ana, is_override=True, **turn)
    assert called({"rotation": duty.pk}) == [ana]

    leave(ana)

    assert called({"rotation": duty.pk}) == [budi]


def test_the_fallback_is_called_whatever_a_calendar_says(ana):
    make_policy([ana], fallback=ana)
    leave(ana)

    report = who_would_be_called(EscalationPolicy.objects.for_detail().get(), at=NOON + HOUR)

    assert report.rungs[0].callees == ()
    assert ana.name in report.rungs[0].empty_targets[0]
    assert report.fallback.user == ana


def test_the_lint_tells_the_hours_in_which_everybody_named_is_away(ana):
    policy = EscalationPolicy.objects.for_detail().get(pk=make_policy([ana]).pk)
    assert policy_problems(policy, at=NOON) == []

    leave(ana, (NOON + DAY, NOON + 2 * DAY))

    (problem,) = policy_problems(policy, at=NOON)
    assert "nobody would be called but the fallback" in problem


def test_an_absence_cuts_a_turn_where_it_lies():
    turn = Turn(NOON, NOON + DAY, stands_in=False, is_reachable=True)

    def left(*spans):
        return [(t.starts_at - NOON, t.ends_at - NOON) for t in present(turn, spans)]

    assert left((NOON + HOUR, NOON + 2 * HOUR)) == [(0 * HOUR, HOUR), (2 * HOUR, DAY)]
    assert left((NOON - DAY, NOON + HOUR), (NOON + HOUR, NOON + 3 * DAY)) == []
    assert left((NOON + 2 * DAY, NOON + 3 * DAY)) == [(0 * HOUR, DAY)]


def test_only_the_times_of_a_calendar_are_kept_and_dropping_it_ends_them(ana):
    row = leave(ana)

    kept = [*AbsenceCalendar.objects.values_list(), *Absence.objects.values_list()]
    assert "Surgery" not in str(kept)
    assert not row.address

    drop_absences(user=ana, actor=ana, at=NOON + HOUR)
    assert called({"user": ana.pk}) == [ana]


def test_a_calendar_at_an_address_is_read_again_and_a_bad_answer_changes_nothing(
    settings, hook_server, ana
):
    settings.WEBHOOK_ALLOW = ["127.0.0.1"]
    hook_server.page = calendar((NOON, NOON + DAY)).encode()
    row = follow_absences(user=ana, time_zone="UTC", address=hook_server.url, actor=ana, at=NOON)
    read_absences(subject_id=row.pk, at=NOON, again=False)
    assert called({"user": ana.pk}) == []

    later = NOON + timedelta(minutes=20)
    Job.objects.all().delete()
    assert renew_absences(at=later) == "1 calendars of absences asked"
    assert Job.objects.filter(kind="incidents.absences", subject_id=row.pk).exists()
    hook_server.page = b"<html>Sign in</html>"
    read_absences(subject_id=row.pk, at=later, again=False)

    row.refresh_from_db()
    assert row.error
    assert called({"user": ana.pk}) == []


def test_what_is_no_calendar_is_refused_and_keeps_what_was_there(ana):
    leave(ana)

    with pytest.raises(DomainError, match="iCalendar"):
        follow_absences(user=ana, time_zone="UTC", text="hello", actor=ana, at=NOON)

    assert called({"user": ana.pk}) == []


def test_a_person_names_their_calendar_and_sees_nobody_elses(client, ana, budi):
    client.force_login(ana)
    soon = datetime.now(UTC).replace(microsecond=0) + HOUR
    file = SimpleUploadedFile("away.ics", calendar((soon, soon + DAY)).encode())

    answer = client.post(reverse("incidents:absences_follow"), {"file": file})

    assert answer.status_code == 302
    assert "from a file" in client.get(answer.url).text
    assert Absence.objects.get().user == ana
    client.force_login(budi)
    assert "No absence is planned" in client.get(answer.url).text
    assert client.post(reverse("incidents:absences_read")).status_code == 404


def test_the_schedule_shows_the_gap_that_an_absence_leaves(client, ana):
    at = datetime.now(UTC)
    duty = make_rotation(name="Duty", actor=None, at=at)
    assign_shift(
        rotation=duty, user=ana, starts_at=at - DAY, ends_at=at + 30 * DAY, actor=None, at=at
    )
    client.force_login(make_user(Role.INCIDENT_COMMANDER))
    place = reverse("incidents:schedule")
    assert "nobody for" not in client.get(place).text

    leave(ana, (at + DAY, at + 2 * DAY), at=at)

    assert "nobody for" in client.get(place).text
