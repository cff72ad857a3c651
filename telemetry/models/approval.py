"""What needs a second person: who asked, for exactly what, and who said yes to it."""

from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models import User

# An approval that nobody gave, or nobody used, is worth nothing a day later.
VALID_FOR = timedelta(hours=24)


class ApprovalClass(models.TextChoices):
    """How dangerous a deed is, and so how many people it takes, and when."""

    A = "A", _("A: one person now, a second within 30 minutes")
    B = "B", _("B: two people before")
    C = "C", _("C: two people, a typed phrase and a fresh proof of backup")


class Approval(models.Model):
    """One question to a second person, and the answer.

    It is bound to the SHA-256 of what was asked: if that changes by one letter the answer no
    longer fits. `used_at` makes it good for one deed only.
    """

    about = models.CharField(max_length=20)
    subject_id = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    approval_class = models.CharField(max_length=1, choices=ApprovalClass.choices)
    requester = models.ForeignKey(User, on_delete=models.PROTECT, related_name="approvals_asked")
    requested_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    approver = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="approvals_given"
    )
    approved_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="approval_takes_two_people",
                violation_error_message=_("Nobody approves what they asked for themselves."),
                condition=Q(approver=None) | ~Q(approver=F("requester")),
            ),
            models.CheckConstraint(
                name="approval_given_by_somebody_at_some_time",
                condition=Q(approver=None, approved_at=None, refused_at=None)
                | Q(approver__isnull=False, approved_at__isnull=False, refused_at=None)
                | Q(approver__isnull=False, approved_at=None, refused_at__isnull=False),
            ),
            models.CheckConstraint(
                name="approval_used_only_when_given",
                condition=Q(used_at=None) | Q(approved_at__isnull=False),
            ),
            models.UniqueConstraint(name="approval_once", fields=["about", "subject_id", "digest"]),
        ]

    def __str__(self) -> str:
        return f"{self.about} {self.subject_id} {self.approval_class}"
