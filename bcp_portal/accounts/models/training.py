"""What people must know, who has shown that they do, and until when that counts."""

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language

from bcp_portal.accounts.models.user import User


class CourseQuerySet(models.QuerySet["Course"]):
    """Sets of courses."""

    def in_use(self) -> Self:
        """Courses that are still asked for, in the order in which people take them."""
        return self.filter(retired_at=None).order_by("pk")


class Course(models.Model):
    """One topic in both languages, with an optional quiz; counts for so many months."""

    code = models.SlugField(max_length=60, unique=True)
    title = models.JSONField()
    body = models.JSONField()
    quiz = models.JSONField(default=list)
    months = models.PositiveSmallIntegerField(default=12)
    added_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    objects = CourseQuerySet.as_manager()

    class Meta:
        permissions = [("run_training", "Can say who must know which course")]
        constraints = [
            models.CheckConstraint(name="course_counts_for_a_while", condition=Q(months__gte=1)),
        ]

    def __str__(self) -> str:
        return str(self.words(self.title))

    @staticmethod
    def words(texts: dict[str, Any]) -> Any:
        """What is said in the reader's language; English where it is not said in that."""
        language = (get_language() or "en")[:2]
        return texts.get(language) or texts.get("en") or next(iter(texts.values()), "")


class CourseRule(models.Model):
    """Who must know a course: holders of a role, people of a place, or of both at once."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="rules")
    role = models.CharField(max_length=40, blank=True)
    # The code of a site or region; people of every place if empty.
    place = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="course_rule_said_once", fields=["course", "role", "place"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.course.code}: {self.role or '*'} {self.place or '*'}"


class CompletionQuerySet(models.QuerySet["Completion"]):
    """Sets of completions."""

    def visible_to(self, user: User) -> Self:
        """One's own; those of everybody for whoever looks after training."""
        return self if user.has_perm("accounts.view_completion") else self.filter(person=user)


class Completion(models.Model):
    """That a person went through a course and attested it; a new one each time, never changed."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="completions")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="completions")
    done_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    right_answers = models.PositiveSmallIntegerField(null=True)
    questions = models.PositiveSmallIntegerField(default=0)
    # The fingerprint of the text that was read.
    text_sha256 = models.CharField(max_length=64)
    # Somebody else who noted it, for training in a room; empty if the person attested it here.
    noted_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="noted_completions"
    )

    objects = CompletionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="completion_expires_later", condition=Q(expires_at__gt=models.F("done_at"))
            ),
        ]
        indexes = [models.Index(fields=["person", "course", "done_at"], name="completion_newest")]

    def __str__(self) -> str:
        return f"{self.person} {self.course.code}"


class TrainingReminder(models.Model):
    """When a person was last written to about training that is missing."""

    person = models.OneToOneField(
        User, on_delete=models.CASCADE, primary_key=True, related_name="training_reminder"
    )
    sent_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.person} {self.sent_at}"
