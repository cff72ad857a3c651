"""One row for each change, chained to the row before it, never changed and never deleted."""

from typing import Self

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db import models
from django.db.models import Q

from bcp_portal.audit.verifier import CONTENT, GENESIS, row_hash

__all__ = ["GENESIS", "AuditRow"]


class AuditRowQuerySet(models.QuerySet["AuditRow"]):
    """Sets of audit rows."""

    def visible_to(self, user: AbstractUser | AnonymousUser) -> Self:
        """Auditors read the whole trail; nobody else reads any of it."""
        return self if user.has_perm("audit.view_auditrow") else self.none()

    def about(self, kind: str, pk: int | str) -> Self:
        """The history of one thing, oldest first."""
        return self.filter(object_kind=kind, object_id=str(pk)).order_by("seq")


class AuditRow(models.Model):
    """What was done, by whom, to what, from what to what, and why.

    The actor is kept as number and name and not as a foreign key: the trail outlives the person's
    row. `hash` is SHA-256 over the canonical JSON of the other columns, `prev_hash` among them.
    """

    seq = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=200)
    session = models.CharField(max_length=64, blank=True)
    action = models.CharField(max_length=80)
    object_kind = models.CharField(max_length=60)
    object_id = models.CharField(max_length=64)
    object_code = models.CharField(max_length=120, blank=True)
    reason = models.TextField(blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    prev_hash = models.CharField(max_length=64, unique=True)
    hash = models.CharField(max_length=64, unique=True)

    objects = AuditRowQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="audit_seq_starts_at_one", condition=Q(seq__gte=1)),
        ]
        indexes = [
            models.Index(fields=["object_kind", "object_id", "seq"], name="audit_by_object"),
            models.Index(fields=["at"], name="audit_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.action} {self.object_code}"

    def content_hash(self) -> str:
        """Compute what `hash` must be for the columns as they are now."""
        return row_hash({name: getattr(self, name) for name in (*CONTENT, "at")})
