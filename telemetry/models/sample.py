"""Everything a device said, once; what was refused; and which numbers have arrived."""

from django.db import models

from telemetry.models.device import Device


class Sample(models.Model):
    """One item of a batch, identified by device, boot and sequence number."""

    # No check by the database: ingest has read the device in the same transaction, and asking
    # again for each of millions of rows doubles the cost of storing one.
    device = models.ForeignKey(
        Device,
        on_delete=models.CASCADE,
        related_name="samples",
        db_index=False,
        db_constraint=False,
    )
    boot_id = models.UUIDField()
    seq = models.BigIntegerField()
    kind = models.CharField(max_length=16)
    sampled_at = models.DateTimeField()
    received_at = models.DateTimeField()
    content_hash = models.CharField(max_length=32)
    body = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="sample_stored_once", fields=["device", "boot_id", "seq"]),
        ]
        indexes = [models.Index(fields=["device", "sampled_at"], name="sample_by_device_time")]

    def __str__(self) -> str:
        return f"{self.device_id} {self.seq} {self.kind}"


class SequenceLedger(models.Model):
    """Which sequence numbers of one boot have arrived, and which the agent said it dropped.

    Both are lists of inclusive pairs, sorted and merged: [[1, 100], [141, 200]].
    """

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="ledgers")
    boot_id = models.UUIDField()
    received = models.JSONField(default=list)
    dropped = models.JSONField(default=list)
    first_received_at = models.DateTimeField()
    last_received_at = models.DateTimeField()
    duplicates = models.BigIntegerField(default=0)
    contradictions = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="ledger_once_for_a_boot", fields=["device", "boot_id"]),
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.boot_id}"


class QuarantinedItem(models.Model):
    """An item that was refused or contradicts an earlier one; kept for inspection."""

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="quarantine")
    boot_id = models.UUIDField()
    seq = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=300)
    is_contradiction = models.BooleanField(default=False)
    body = models.TextField()
    received_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["device", "received_at"], name="quarantine_by_device")]

    def __str__(self) -> str:
        return f"{self.device_id} {self.seq}: {self.reason}"
