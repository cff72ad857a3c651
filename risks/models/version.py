"""What the register said, whenever it changed: the only source of "as of any date"."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _


class VersionKind(models.TextChoices):
    """What a version is about."""

    RISK = "risk", _("Risk")
    CONTROL = "control", _("Control")
    PLAN = "plan", _("Plan")
    OBJECTIVE = "objective", _("Objectives")


class RegisterVersionQuerySet(models.QuerySet["RegisterVersion"]):
    """Sets of versions."""

    def as_of(self, kind: str, moment: datetime) -> Self:
        """The last version of each thing before a moment: what the register said then."""
        newest = (
            RegisterVersion.objects.filter(
                kind=kind, subject_id=OuterRef("subject_id"), recorded_at__lt=moment
            )
            .order_by("-recorded_at", "-pk")
            .values("pk")[:1]
        )
        return self.filter(kind=kind, recorded_at__lt=moment, pk=Subquery(newest))


class RegisterVersion(models.Model):
    """Everything the register says about one thing, from this moment on; never changed."""

    kind = models.CharField(max_length=10, choices=VersionKind.choices)
    subject_id = models.BigIntegerField()
    code = models.CharField(max_length=40)
    recorded_at = models.DateTimeField()
    facts = models.JSONField()
    actor_name = models.CharField(max_length=200, blank=True)
    action = models.CharField(max_length=80, blank=True)
    reason = models.TextField(blank=True)

    objects = RegisterVersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="register_version_kind_known", condition=Q(kind__in=VersionKind.values)
            ),
        ]
        indexes = [
            models.Index(
                name="register_version_newest",
                fields=["kind", "subject_id", "-recorded_at", "-id"],
            ),
            models.Index(name="register_version_by_time", fields=["kind", "recorded_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.recorded_at:%Y-%m-%d %H:%M}"
