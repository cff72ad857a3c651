"""Whether we ourselves can see: probes of the world outside, and the verdict on our own eyes."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Sight(models.TextChoices):
    """How well the portal can see."""

    CLEAR = "clear", _("Seeing")
    BLIND = "blind", _("The portal's own link is down")
    INGRESS = "ingress", _("The portal's own door is down")
    CENTRAL = "central", _("The centre is down")
    WAKING = "waking", _("The portal was stopped and waits for its sites")
    UNWATCHED = "unwatched", _("No witnesses are configured")


# Nothing may be concluded from silence.
UNSEEING = (Sight.BLIND, Sight.INGRESS, Sight.WAKING)


class ObserverProbe(models.Model):
    """The last answer of one witness outside."""

    witness = models.CharField(max_length=200, primary_key=True)
    role = models.CharField(max_length=10, default="witness")
    probed_at = models.DateTimeField()
    is_ok = models.BooleanField()
    rtt_ms = models.PositiveIntegerField(null=True)
    error = models.CharField(max_length=120, blank=True)

    def __str__(self) -> str:
        return self.witness


class ObserverState(models.Model):
    """The verdict of the blind check; one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    sight = models.CharField(max_length=10, choices=Sight.choices, default=Sight.UNWATCHED)
    since = models.DateTimeField()
    checked_at = models.DateTimeField()
    arrivals = models.FloatField(default=0)
    expected = models.FloatField(default=0)
    sums = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.CheckConstraint(name="observer_state_is_one_row", condition=models.Q(id=1)),
        ]

    def __str__(self) -> str:
        return self.sight
