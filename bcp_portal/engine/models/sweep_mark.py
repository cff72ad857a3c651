"""The pulse of everything that runs by itself: when it last ran, how long, and what it said."""

from datetime import datetime

from django.db import models


class SweepMark(models.Model):
    """The last run of one sweep; `engine.cycle` is the pulse of the engine itself."""

    name = models.CharField(max_length=60, primary_key=True)
    ran_at = models.DateTimeField()
    took_ms = models.PositiveIntegerField(default=0)
    outcome = models.CharField(max_length=300, blank=True)
    runs = models.BigIntegerField(default=0)

    class Meta:
        permissions = [("view_engine", "Can see how the engine is doing")]

    def __str__(self) -> str:
        return self.name

    def age(self, at: datetime) -> float:
        """Seconds since it last ran."""
        return (at - self.ran_at).total_seconds()
