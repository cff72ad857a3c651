"""A change that screens should hear of; written with the change, forgotten after minutes."""

from django.db import models


class LiveEvent(models.Model):
    """A topic that changed. It carries no content: whoever hears of it asks the page again.

    `permission` and `site_id` say who may hear of it (empty and null: any signed-in person).
    """

    at = models.DateTimeField()
    topic = models.CharField(max_length=60)
    kind = models.CharField(max_length=60)
    permission = models.CharField(max_length=80, blank=True)
    site_id = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["at"], name="live_by_time")]

    def __str__(self) -> str:
        return f"{self.topic} {self.kind}"
