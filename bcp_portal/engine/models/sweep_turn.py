"""Whose turn it is: two engines and any number of workers share the sweeps through these rows."""

from datetime import datetime, timedelta

from django.db import models

# A sweep whose runner died is begun again after this long.
TURN = timedelta(seconds=8)


class SweepTurn(models.Model):
    """When a sweep was last begun, and until when nobody else begins it."""

    name = models.CharField(max_length=60, primary_key=True)
    begun_at = models.DateTimeField()
    busy_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name

    def is_free(self, at: datetime) -> bool:
        """Whether nobody is running it; a time that cannot be is a clock that jumped back."""
        return self.busy_until is None or not at < self.busy_until <= at + TURN

    def rested(self, at: datetime) -> float:
        """Seconds since it was last begun; endless if that lies in the future."""
        return (at - self.begun_at).total_seconds() if self.begun_at <= at else float("inf")
