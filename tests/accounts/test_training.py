"""Who must know what, who has shown it, and what happens when it is missing."""

import io
from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from openpyxl import load_workbook

from assets.models import SiteAssignment
from bcp_portal.accounts.models import Completion, Course, CourseRule, TrainingReminder
from bcp_portal.accounts.roles import Role
from bcp_portal.accounts.selectors.training import everybody, own_training, training_matrix
from bcp_portal.accounts.services.training import (
    NotAttestedError,
    NotPassedError,
    ask_for_course,
    attest_course,
    load_courses,
    note_completion,
    remind_of_training,
    send_reminder,
)
from bcp_portal.engine.models import Job
from bcp_portal.reports.services.report_file import make_paper
from bcp_portal.shared.errors import DomainError
from tests.make import LATER, NOON, make_site, make_user

pytestmark = pytest.mark.django_db
TOPICS = {
    "sync-safely", "conflict-message", "device-safety", "emergency-offline", "stock-discrepancy",
    "standard-data",
}  # fmt: skip


def make_course(*, asked_of: Role | None = Role.VIEWER, **fields) -> Course:
    facts = {"code": "a-course", "title": {"en": "A course"}, "body": {"en": "Text"}}
    course = Course.objects.create(**(facts | {"added_at": NOON} | fields))
    if asked_of:
        CourseRule.objects.create(course=course, role=asked_of)
    return course


def done(course, person, at=NOON) -> Completion:
    return note_completion(
        course=course, person=person, right_answers=None, actor=person, at=at, noted_by=None
    )


def tone(person, *, at=NOON) -> str:
    (cell,) = own_training(person, at=at)
    return cell.tone


def test_the_six_topics_come_along_in_both_languages():
    load_courses(at=NOON)

    assert {course.code for course in Course.objects.all()} == TOPICS
    for course in Course.objects.all():
        assert course.title.keys() == course.body.keys() == {"en", "id"}
        assert min(len(text) for text in course.body.values()) > 600
        for question in course.quiz:
            assert len(question["options"]["en"]) == len(question["options"]["id"])
            assert 0 <= question["right"] < len(question["options"]["en"])


def test_loading_courses_again_changes_none():
    load_courses(at=NOON)
    Course.objects.filter(code="sync-safely").update(title={"en": "Our own"})

    assert load_courses(at=LATER) == 0
    assert Course.objects.get(code="sync-safely").title == {"en": "Our own"}


def test_what_is_asked_follows_the_role():
    make_course()

    assert tone(make_user(Role.VIEWER)) == "act"
    assert tone(make_user(Role.AUDITOR)) == "calm"


def test_what_is_asked_follows_the_site():
    course, site = make_course(asked_of=None), make_site()
    ask_for_course(course=course, role="", place=site.code, actor=make_user(), at=NOON)
    here, there = make_user(), make_user()
    SiteAssignment.objects.create(user=here, site=site)

    assert (tone(here), tone(there)) == ("act", "calm")


def test_training_expires_and_says_so_a_month_before():
    course, person = make_course(months=12), make_user(Role.VIEWER)
    done(course, person)

    assert tone(person, at=NOON + timedelta(days=300)) == "ok"
    assert tone(person, at=NOON + timedelta(days=340)) == "watch"
    assert tone(person, at=NOON + timedelta(days=370)) == "overdue"


def test_wrong_answers_do_not_count():
    load_courses(at=NOON)
    course, person = Course.objects.get(code="sync-safely"), make_user(Role.VIEWER)
    right = {number: one["right"] for number, one in enumerate(course.quiz)}

    with pytest.raises(NotPassedError, match="1 of 2 answers"):
        attest_course(
            course=course, actor=person, at=NOON, answers={**right, 0: 9}, is_attested=True
        )
    with pytest.raises(NotAttestedError):
        attest_course(course=course, actor=person, at=NOON, answers=right, is_attested=False)
    attest_course(course=course, actor=person, at=NOON, answers=right, is_attested=True)

    assert Completion.objects.get().right_answers == 2


def test_a_course_is_asked_of_somebody():
    with pytest.raises(DomainError):
        ask_for_course(course=make_course(), role="", place="", actor=make_user(), at=NOON)


def test_who_misses_something_is_reminded_once_a_week():
    make_course()
    person = make_user(Role.VIEWER)

    assert remind_of_training(at=NOON) == "1 reminded"
    assert remind_of_training(at=NOON + timedelta(days=1)) == "0 reminded"
    assert Job.objects.get().subject_id == person.pk
    send_reminder(subject_id=person.pk, at=NOON, again=False)
    assert "A course" in mail.outbox[0].body


def test_a_reminder_ends_with_its_reason():
    course, person = make_course(), make_user(Role.VIEWER)
    remind_of_training(at=NOON)
    done(course, person)

    remind_of_training(at=NOON + timedelta(hours=1))

    assert not TrainingReminder.objects.exists()


def test_a_person_reads_answers_and_attests_on_the_page(client):
    load_courses(at=NOON)
    person = make_user(Role.VIEWER)
    client.force_login(person)
    course = Course.objects.get(code="conflict-message")
    answers = {f"question_{n}": one["right"] for n, one in enumerate(course.quiz)}
    address = reverse("accounts:course", args=[course.code])

    assert "sync technicians" in client.get(address).content.decode()
    assert client.post(address, {**answers, "is_attested": "on"}).status_code == 302
    assert Completion.objects.get().person == person


def test_a_reader_sees_only_their_own_training(client):
    make_course()
    make_user(Role.VIEWER, first_name="Hidden")
    client.force_login(make_user(Role.VIEWER))

    assert "Hidden" not in client.get(reverse("accounts:training")).content.decode()
    assert client.get(reverse("reports:training_sheet")).status_code == 403


def test_the_matrix_names_the_gaps(client):
    make_course()
    make_user(Role.VIEWER, first_name="Sari")
    client.force_login(make_user(Role.AUDITOR))

    text = client.get(reverse("accounts:training")).content.decode()

    assert "Sari" in text
    assert "0 % there, 1 gap" in text


def test_the_matrix_costs_the_same_for_many(django_assert_num_queries):
    make_course()
    for _number in range(5):
        done(Course.objects.get(), make_user(Role.VIEWER))

    with django_assert_num_queries(9):
        training_matrix(everybody(), at=NOON)


def test_training_leaves_as_a_sheet_and_as_paper(client):
    make_course()
    make_user(Role.VIEWER, first_name="Sari")
    client.force_login(make_user(Role.AUDITOR))

    book = load_workbook(io.BytesIO(client.get(reverse("reports:training_sheet")).content))
    paper, _digest = make_paper(kind="training", subject_id=0, language="id", at=NOON)

    assert book.active["A2"].value == "Sari"
    assert paper.bytes.startswith(b"%PDF")
