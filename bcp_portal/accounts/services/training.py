"""Verbs of training: courses come with the portal, people attest, missing ones are reminded."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from importlib import resources

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from bcp_portal.accounts.models import Completion, Course, CourseRule, TrainingReminder, User
from bcp_portal.accounts.selectors.training import everybody, own_training, training_matrix
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.services.job import queue_job
from bcp_portal.shared.errors import DomainError
from bcp_portal.shared.hashing import canonical_json, sha256_hex

REMINDER = "accounts.training_reminder"
REMIND_EVERY = timedelta(days=7)


class NotPassedError(DomainError):
    """Some answers of the quiz are wrong."""


class NotAttestedError(DomainError):
    """The person has not said that they read and understood it."""


@verb
def load_courses(*, at: datetime) -> int:
    """Add the courses that come with the portal and are not there yet; change none."""
    added = 0
    folder = resources.files("bcp_portal.accounts") / "courses"
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        if not file.name.endswith(".json"):
            continue
        facts = json.loads(file.read_text(encoding="utf-8"))
        course, is_new = Course.objects.get_or_create(
            code=facts["code"],
            defaults={
                "title": facts["title"],
                "body": facts["body"],
                "quiz": facts["quiz"],
                "months": facts["months"],
                "added_at": at,
            },
        )
        if is_new:
            CourseRule.objects.bulk_create(
                CourseRule(course=course, role=role) for role in facts["roles"]
            )
            audit(action="course.add", obj=course, actor=None, at=at, after={"code": course.code})
        added += is_new
    return added


@verb
def attest_course(
    *, course: Course, actor: User, at: datetime, answers: Mapping[int, int], is_attested: bool
) -> Completion:
    """Note that a person has read a course, understood it, and answered its questions rightly."""
    if not is_attested:
        raise NotAttestedError(_("Say that you have read and understood it."))
    right = sum(answers.get(n) == question["right"] for n, question in enumerate(course.quiz))
    if right < len(course.quiz):
        raise NotPassedError(
            _("%(right)d of %(all)d answers are right. Read the text again and try once more.")
            % {"right": right, "all": len(course.quiz)}
        )
    done = note_completion(
        course=course, person=actor, right_answers=right, actor=actor, at=at, noted_by=None
    )
    if not any(cell.is_gap for cell in own_training(actor, at=at)):
        TrainingReminder.objects.filter(person=actor).delete()
    return done


@verb
def note_completion(
    *,
    course: Course,
    person: User,
    right_answers: int | None,
    actor: User | None,
    at: datetime,
    noted_by: User | None,
) -> Completion:
    """Note that somebody has completed a course; also for training that was held in a room."""
    done = Completion.objects.create(
        course=course,
        person=person,
        done_at=at,
        expires_at=at + relativedelta(months=course.months),
        right_answers=right_answers,
        questions=len(course.quiz),
        text_sha256=sha256_hex(canonical_json(course.body)),
        noted_by=noted_by,
    )
    audit(
        action="training.complete",
        obj=done,
        actor=actor,
        at=at,
        after={"course": course.code, "person": person.name, "expires_at": done.expires_at},
    )
    return done


@verb
def ask_for_course(
    *, course: Course, role: str, place: str, actor: User, at: datetime
) -> CourseRule:
    """Ask a course of everybody with a role, at a place, or both."""
    if not role and not place:
        raise DomainError(_("Name a role, a place, or both."))
    rule, is_new = CourseRule.objects.get_or_create(course=course, role=role, place=place)
    if is_new:
        audit(
            action="course.ask",
            obj=course,
            actor=actor,
            at=at,
            after={"role": role, "place": place},
        )
    return rule


@verb
def remind_of_training(*, at: datetime) -> str:
    """Write to everybody who misses something, at most once a week."""
    recent = set(
        TrainingReminder.objects.filter(sent_at__gt=at - REMIND_EVERY).values_list("pk", flat=True)
    )
    told = 0
    matrix = training_matrix(everybody(), at=at)
    whole = [line.person.pk for line in matrix.lines if not line.gaps]
    TrainingReminder.objects.filter(pk__in=whole).delete()
    for line in matrix.lines:
        if line.gaps and line.person.pk not in recent:
            TrainingReminder.objects.update_or_create(person=line.person, defaults={"sent_at": at})
            queue_job(kind=REMINDER, subject_id=line.person.pk, at=at)
            told += 1
    return f"{told} reminded"


def send_reminder(*, subject_id: int, at: datetime, again: bool) -> None:
    """Mail a person what they miss; an OSError means: not yet, try again."""
    person = User.objects.filter(pk=subject_id, is_active=True).first()
    if person is None:
        return
    with translation.override(person.language):
        missing = [cell for cell in own_training(person, at=at) if cell.is_gap]
        if not missing:
            return
        lines = [
            _("Hello %s,") % person.name,
            _("this training is asked of you and missing or expired:"),
            "\n".join(f"- {cell.course}" for cell in missing),
            f"{settings.BASE_URL}{reverse('accounts:training')}",
        ]
        message = EmailMessage(
            subject=_("Training that waits for you"),
            body="\n\n".join(lines) + "\n",
            to=[person.email],
        )
    message.send()
