"""One file brought into the register: how it was understood, what it did, how it is undone."""

from typing import Self
from uuid import uuid4

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models import User


class ImportStatus(models.TextChoices):
    """How far a file has come."""

    READ = "read", _("Read")
    TRYING = "trying", _("Being tried")
    TRIED = "tried", _("Tried")
    IMPORTING = "importing", _("Being imported")
    DONE = "done", _("Imported")
    UNDONE = "undone", _("Undone")


class ImportBatchQuerySet(models.QuerySet["ImportBatch"]):
    """Sets of imports."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The only way a door may fetch imports: one's own."""
        return self.filter(uploaded_by=user) if isinstance(user, User) else self.none()


class ImportBatch(models.Model):
    """A file, which column means what, and row by row what came of it."""

    uid = models.UUIDField(default=uuid4, unique=True, editable=False)
    file_name = models.CharField(max_length=200)
    headings = models.JSONField()
    # Lines of the file as they were read: number and cells.
    table = models.JSONField()
    meaning = models.JSONField()
    status = models.CharField(
        max_length=12, choices=ImportStatus.choices, default=ImportStatus.READ
    )
    rows_done = models.PositiveIntegerField(default=0)
    report = models.JSONField(default=dict)
    undo = models.JSONField(default=list)
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="register_imports")
    uploaded_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = ImportBatchQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="import_batch_status_known", condition=Q(status__in=ImportStatus.values)
            ),
        ]

    def __str__(self) -> str:
        return self.file_name


class HeadingMeaning(models.Model):
    """What a heading meant the last time somebody said so."""

    heading = models.CharField(max_length=200, unique=True)
    key = models.CharField(max_length=40, blank=True)
    said_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    said_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.heading} → {self.key}"
