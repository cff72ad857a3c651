"""Personal data of the trail, kept beside it: the chain holds only what they were sealed with."""

from django.db import models


class SealedValue(models.Model):
    """A value of an audit row that can be forgotten; the row itself holds its salted digest."""

    digest = models.CharField(max_length=64, primary_key=True)
    salt = models.CharField(max_length=64)
    value = models.JSONField()
    object_kind = models.CharField(max_length=60)
    object_id = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["object_kind", "object_id"], name="sealed_by_object")]

    def __str__(self) -> str:
        return self.digest
