"""A report on file: asked for, made once, never made over, known by its hash."""

from typing import Self
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models import User
from bcp_portal.shared.lifecycle import Lifecycle

PACK = "auditors_pack"


class ReportState(models.TextChoices):
    """Where a report stands."""

    QUEUED = "queued", _("Queued")
    RENDERING = "rendering", _("Being made")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")


REPORT_LIFECYCLE = Lifecycle(
    "report",
    {
        ReportState.QUEUED: frozenset({ReportState.RENDERING, ReportState.FAILED}),
        # A worker that died midway leaves it so; the next one begins again.
        ReportState.RENDERING: frozenset(
            {ReportState.RENDERING, ReportState.READY, ReportState.FAILED}
        ),
        ReportState.READY: frozenset(),
        ReportState.FAILED: frozenset(),
    },
)


class ReportFileQuerySet(models.QuerySet["ReportFile"]):
    """Sets of reports."""

    def visible_to(self, user: User) -> Self:
        """All of them for those who read evidence, one's own for everybody else."""
        if user.has_perm("reports.view_reportfile"):
            return self.filter(models.Q(is_private=False) | models.Q(requested_by=user))
        return self.filter(requested_by=user)

    def for_list(self) -> Self:
        """Everything a list row shows, in one query."""
        return self.select_related("requested_by")


class ReportFile(models.Model):
    """One piece of paper: the picture of one subject at one moment, with its hash."""

    uid = models.UUIDField(default=uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    subject_kind = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    subject_code = models.CharField(max_length=60, blank=True)
    source_version = models.CharField(max_length=80, blank=True)
    language = models.CharField(max_length=5, default="en", choices=settings.LANGUAGES)
    # The moment that the report shows; a second try shows the same one.
    as_of = models.DateTimeField()
    # Of something that only named people see: only whoever asked reads it.
    is_private = models.BooleanField(default=False)
    requested_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="report_files"
    )
    status = models.CharField(
        max_length=10, choices=ReportState.choices, default=ReportState.QUEUED
    )
    progress = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    generated_at = models.DateTimeField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    content_json_sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    pages = models.PositiveIntegerField(default=0)
    path = models.CharField(max_length=200, blank=True)
    # Whose signature is under it, or why there is none though there is a key for it.
    signed_by = models.CharField(max_length=200, blank=True)
    unsigned_why = models.CharField(max_length=300, blank=True)

    objects = ReportFileQuerySet.as_manager()

    class Meta:
        permissions = [
            ("request_report", "Can ask for a report"),
            ("view_evidence", "Can see the evidence by clause"),
        ]
        constraints = [
            models.CheckConstraint(
                name="report_file_status_known", condition=Q(status__in=ReportState.values)
            ),
            # What is ready has a file and its hash; what is not ready has neither.
            models.CheckConstraint(
                name="report_file_ready_iff_hashed",
                condition=(Q(status="ready", generated_at__isnull=False) & ~Q(sha256=""))
                | (~Q(status="ready") & Q(generated_at__isnull=True, sha256="")),
            ),
        ]
        indexes = [
            models.Index(fields=["subject_kind", "subject_id"], name="report_file_by_subject"),
            models.Index(fields=["-as_of"], name="report_file_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.subject_code} {self.title}".strip()

    @property
    def code(self) -> str:
        """What people say when they mean this paper: short, and unlike any other."""
        return f"REP-{self.uid.hex[:8].upper()}"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in REPORT_LIFECYCLE.final

    @property
    def filename(self) -> str:
        """What the file is called on the reader's disk."""
        name = "".join(
            char if char.isascii() and (char.isalnum() or char in "-_") else "-"
            for char in f"{self.subject_code or self.subject_kind}-{self.kind}"
        )
        return f"{name}-{self.as_of:%Y-%m-%d}.{'zip' if self.is_pack else 'pdf'}"

    @property
    def is_pack(self) -> bool:
        """Whether it is a file of many papers and sheets."""
        return self.kind == PACK
