"""What a device remembers of the audit trail, and whether the trail still agrees with it."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from assets.scope import visible_site_ids
from bcp_portal.accounts.models import User
from telemetry.models.device import Device


class WitnessState(models.TextChoices):
    """What the last look at a device's checkpoint showed."""

    UNCHECKED = "unchecked", _("Not compared yet")
    AGREES = "agrees", _("Agrees")
    UNPROVEN = "unproven", _("Not signed by us")
    MISMATCH = "mismatch", _("The trail has changed since")


class AuditWitnessQuerySet(models.QuerySet["AuditWitness"]):
    """Sets of witnesses."""

    def visible_to(self, user: User) -> Self:
        """Those at the sites a person may see."""
        sites = visible_site_ids(user)
        return self if sites is None else self.filter(device__site_id__in=sites)

    def for_list(self) -> Self:
        """Everything a list row shows, in one query."""
        return self.select_related("device__site", "proposed_by")

    def accusing(self) -> Self:
        """Witnesses whose contradiction nobody has explained yet."""
        return self.filter(mismatch_at__isnull=False, settled_at=None)


class AuditWitness(models.Model):
    """One device's newest checkpoint. A contradiction stays until two people explain it."""

    device = models.OneToOneField(
        Device, on_delete=models.CASCADE, primary_key=True, related_name="audit_witness"
    )
    told = models.CharField(max_length=300)
    told_at = models.DateTimeField()
    size = models.BigIntegerField(null=True)
    state = models.CharField(
        max_length=10, choices=WitnessState.choices, default=WitnessState.UNCHECKED
    )
    mismatch_told = models.CharField(max_length=300, blank=True)
    mismatch_at = models.DateTimeField(null=True)
    proposed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="proposed_settlements"
    )
    settle_reason = models.TextField(blank=True)
    settled_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="settled_witnesses"
    )
    settled_at = models.DateTimeField(null=True)

    objects = AuditWitnessQuerySet.as_manager()

    class Meta:
        permissions = [("settle_witness", "Can explain a contradiction of the audit trail")]
        constraints = [
            models.CheckConstraint(
                name="witness_settled_by_another",
                condition=Q(settled_by=None) | ~Q(settled_by=models.F("proposed_by")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["device"],
                name="witness_unchecked",
                condition=Q(state=WitnessState.UNCHECKED),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.device} {self.told[:40]}"

    @property
    def is_accusing(self) -> bool:
        """Whether it contradicts the trail and nobody has explained that yet."""
        return self.mismatch_at is not None and self.settled_at is None
