"""What is usual for a stream, and what each day brought: sessions folded into a few numbers.

The rules about weeks read these rows and never the sessions, so that a cycle costs the same at
any length of history.
"""

from django.db import models

from telemetry.models.device import Device
from telemetry.models.stream import Stream


class SyncHabit(models.Model):
    """The habits of one stream of one device, and how its newest sessions ended."""

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="sync_habits")
    stream_name = models.CharField(max_length=64)
    # Of the last forty sessions that worked: logarithms of milliseconds and of records.
    recent = models.JSONField(default=list)
    # Hour of the week (0 to 167, the site's own time) -> sessions in it; halved at a thousand.
    hours = models.JSONField(default=dict)
    last_started_at = models.DateTimeField(null=True)
    # The newest session that broke off: when it began, what it said, and when the portal heard.
    cut_off_at = models.DateTimeField(null=True)
    cut_off_codes = models.JSONField(default=list)
    cut_off_heard_at = models.DateTimeField(null=True)
    # Sessions in a row that did not fit the habit, and the sums of the newest of them.
    odd_streak = models.PositiveIntegerField(default=0)
    odd_sums = models.JSONField(default=dict)
    # "slot_unreserved", "slot_lost": what a publisher said of its slot since the last good session.
    slot_code = models.CharField(max_length=40, blank=True)
    slot_told = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="sync_habit_once_for_a_stream", fields=["device", "stream_name"]
            ),
        ]
        indexes = [
            models.Index(
                fields=["device"], name="sync_habit_odd", condition=models.Q(odd_streak__gte=2)
            ),
            models.Index(
                fields=["device"],
                name="sync_habit_cut_off",
                condition=models.Q(cut_off_at__isnull=False),
            ),
            models.Index(
                fields=["device"], name="sync_habit_slot", condition=~models.Q(slot_code="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.stream_name}"


class SyncDay(models.Model):
    """What the sessions of one stream of one device came to on one day (UTC, by their start)."""

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="sync_days")
    stream_name = models.CharField(max_length=64)
    day = models.DateField()
    sessions = models.PositiveIntegerField(default=0)
    # Failures while nothing larger was down: those of an outage are not this place's habit.
    failed = models.PositiveIntegerField(default=0)
    mismatches = models.PositiveIntegerField(default=0)
    records = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    duplicates = models.BigIntegerField(default=0)
    conflicts = models.BigIntegerField(default=0)
    by_hand = models.PositiveIntegerField(default=0)
    # Person -> refused records, where a session's errors name one.
    bad_users = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="sync_day_once_for_a_stream", fields=["device", "stream_name", "day"]
            ),
        ]
        indexes = [
            models.Index(fields=["day"], name="sync_day_by_day"),
            models.Index(fields=["day"], name="sync_day_failed", condition=models.Q(failed__gt=0)),
            models.Index(
                fields=["day"],
                name="sync_day_bad",
                condition=models.Q(mismatches__gt=0)
                | models.Q(rejected__gt=0)
                | models.Q(duplicates__gt=0),
            ),
            models.Index(
                fields=["day"], name="sync_day_conflicts", condition=models.Q(conflicts__gt=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.stream_name} {self.day}"


class RpoDay(models.Model):
    """The worst exposure of a stream on one day (UTC): the RPO that was achieved."""

    stream = models.ForeignKey(Stream, on_delete=models.CASCADE, related_name="rpo_days")
    day = models.DateField()
    worst = models.DurationField()
    worst_at = models.DateTimeField()
    records = models.BigIntegerField(default=0)
    value_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, blank=True)
    # The target as it stood then; null: nobody had said.
    rpo = models.DurationField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="rpo_day_once_for_a_stream", fields=["stream", "day"]),
        ]
        indexes = [models.Index(fields=["day"], name="rpo_day_by_day")]

    def __str__(self) -> str:
        return f"{self.stream_id} {self.day}: {self.worst}"

    @property
    def is_met(self) -> bool | None:
        """Whether the day kept the promise; None when there was none."""
        return None if self.rpo is None else self.worst <= self.rpo
