"""How long a site was in which state: the strip of its last thirty days."""

from django.db import models
from django.db.models import F, Q

from assets.models import Site
from telemetry.models.device import NodeState


class SiteSpan(models.Model):
    """A stretch of time in one state; the one without an end is now. Never thinned."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="spans")
    state = models.CharField(max_length=20, choices=NodeState.choices)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="site_span_one_now", fields=["site"], condition=Q(ended_at=None)
            ),
            models.CheckConstraint(
                name="site_span_ends_after_it_began",
                condition=Q(ended_at=None) | Q(ended_at__gte=F("began_at")),
            ),
        ]
        indexes = [models.Index(fields=["site", "began_at"], name="site_span_by_site")]

    def __str__(self) -> str:
        return f"{self.site_id} {self.state} from {self.began_at}"
