"""What becomes of samples whose day is over: packed whole, and thinned in two levels."""

from django.db import models
from django.db.models import F, Q

from telemetry.models.device import Device


class PackKind(models.TextChoices):
    """What a pack holds. Events (sessions, conflicts, orders, postures) are never forgotten."""

    HEARTBEAT = "heartbeat", "Heartbeats"
    EVENT = "event", "Events"


class PackedSamples(models.Model):
    """The samples of one device, boot and day (of sampling) as columns, without losing one.

    `ranges` are the sequence numbers in it and `prints` four bytes of each one's fingerprint, so
    that a repeat is held against what is stored without opening the pack. What arrives after its
    day was packed becomes a further `part` of that day.
    """

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="packs")
    boot_id = models.UUIDField()
    day = models.DateField()
    kind = models.CharField(max_length=10, choices=PackKind.choices)
    part = models.PositiveIntegerField(default=0)
    first_seq = models.BigIntegerField()
    last_seq = models.BigIntegerField()
    count = models.PositiveIntegerField()
    ranges = models.JSONField()
    prints = models.BinaryField()
    body = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="packed_once", fields=["device", "day", "kind", "boot_id", "part"]
            ),
            models.CheckConstraint(
                name="packed_numbers_in_order", condition=Q(last_seq__gte=F("first_seq"))
            ),
        ]
        indexes = [
            models.Index(fields=["device", "boot_id", "last_seq"], name="packed_by_number"),
            models.Index(fields=["day"], name="packed_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.day} {self.kind}: {self.count}"


class SampleLevel(models.Model):
    """The heartbeats of one device and day summed over five minutes or an hour each."""

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="levels")
    day = models.DateField()
    span_s = models.PositiveIntegerField()
    part = models.PositiveIntegerField(default=0)
    body = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="level_once", fields=["device", "span_s", "day", "part"]),
            models.CheckConstraint(name="level_span_known", condition=Q(span_s__in=(300, 3600))),
        ]
        indexes = [models.Index(fields=["day"], name="level_by_day")]

    def __str__(self) -> str:
        return f"{self.device_id} {self.day} {self.span_s} s"


class PackedDay(models.Model):
    """One day of arrivals on its way into packs: how far, how much, and when it was done."""

    day = models.DateField(unique=True)
    after_device = models.BigIntegerField(default=0)
    samples = models.BigIntegerField(default=0)
    bytes = models.BigIntegerField(default=0)
    began_at = models.DateTimeField()
    packed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.day}: {self.samples}"
