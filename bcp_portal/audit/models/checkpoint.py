"""Signed statements about the first so many rows of the trail, and the keys that sign them."""

from typing import Self

from django.db import models
from django.db.models import Q

from bcp_portal.audit.verifier import Checkpoint, Key, read_note


class AuditKey(models.Model):
    """The public half of a key that signs checkpoints; kept for as long as there is a trail."""

    name = models.CharField(max_length=120)
    public = models.BinaryField(max_length=32)
    made_at = models.DateTimeField()
    signs = models.BooleanField(default=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="audit_one_key_signs", fields=["signs"], condition=Q(signs=True)
            ),
        ]

    def __str__(self) -> str:
        return str(self.key)

    @property
    def key(self) -> Key:
        """The key as the verifier knows it."""
        return Key(self.name, bytes(self.public))


class AuditCheckpointQuerySet(models.QuerySet["AuditCheckpoint"]):
    """Sets of checkpoints."""

    def newest(self) -> "AuditCheckpoint | None":
        """The statement about the most rows."""
        return self.order_by("-size").first()

    def until(self, size: int) -> Self:
        """Statements about at most so many rows."""
        return self.filter(size__lte=size)


class AuditCheckpoint(models.Model):
    """That the first `size` rows have this Merkle root, signed; never changed, never deleted.

    `edge` is the right edge of the tree, so that the next checkpoint reads only the new rows.
    """

    size = models.BigIntegerField(primary_key=True)
    root = models.CharField(max_length=64, unique=True)
    head = models.CharField(max_length=64)
    edge = models.JSONField()
    note = models.TextField()
    signed_at = models.DateTimeField()

    objects = AuditCheckpointQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.size} {self.root}"

    @property
    def checkpoint(self) -> Checkpoint:
        """The statement as the verifier knows it."""
        return read_note(self.note)

    @property
    def line(self) -> str:
        """The statement on one line: size, root, signature."""
        return self.checkpoint.line


class ChainCheck(models.Model):
    """How far the portal itself has walked the trail again, and the first break it met."""

    walked_to = models.BigIntegerField(default=0)
    # The hash of that row, and the right edge of the tree up to it.
    link = models.CharField(max_length=64, blank=True)
    edge = models.JSONField(default=list)
    walked_at = models.DateTimeField(null=True)
    # When the last walk from the first row to the newest ended without a break.
    whole_at = models.DateTimeField(null=True)
    whole_rows = models.BigIntegerField(default=0)
    broken_seq = models.BigIntegerField(null=True)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(name="chain_check_is_one", condition=Q(pk=1))]

    def __str__(self) -> str:
        return f"walked to {self.walked_to}"
