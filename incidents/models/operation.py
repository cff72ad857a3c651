"""The log of a run: what people did, on which device, and when it arrived here."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models import User
from incidents.models.incident import Incident
from incidents.models.run import PlaybookRun, RunStep


class OperationKind(models.TextChoices):
    """What somebody did."""

    TICK = "tick", _("Done")
    UNTICK = "untick", _("Taken back")
    SKIP = "skip", _("Skipped")
    NOTE = "note", _("Note")
    EVIDENCE = "evidence", _("Evidence")
    ASSIGN = "assign", _("Role given")
    PROPOSE = "propose", _("Proposed")
    ANSWER = "answer", _("Proposal answered")
    SETTLE = "settle", _("Clash settled")


class OperationOutcome(models.TextChoices):
    """What became of it when it arrived."""

    APPLIED = "applied", _("Applied")
    CORROBORATED = "corroborated", _("Corroborates")
    CLASHED = "clashed", _("Contradicts")
    PROPOSED = "proposed", _("Waits for a person")
    KEPT = "kept", _("Kept, changes nothing")
    REFUSED = "refused", _("Refused")


class OperationQuerySet(models.QuerySet["Operation"]):
    """Sets of operations."""

    def visible_to(self, user: User) -> Self:
        """The only way a door may fetch operations."""
        return self.filter(incident__in=Incident.objects.visible_to(user))

    def standing(self) -> Self:
        """What counts; a refused operation is kept and counts for nothing."""
        return self.exclude(outcome=OperationOutcome.REFUSED)

    def after(self, cursor: int) -> Self:
        """What arrived after a cursor, in the order of arrival."""
        return self.filter(pk__gt=cursor).order_by("pk")

    def queued(self) -> Self:
        """What was done without a link, in the order in which it was done."""
        return self.filter(is_queued=True).order_by("happened_at", "pk")

    def told(self) -> list[tuple[int, dict[str, Any]]]:
        """Each operation as the fold reads it, with its cursor; no rows are made of them."""
        return [(pk, _told(*values)) for pk, *values in self.values_list("pk", *_TOLD)]


class Operation(models.Model):
    """One thing that one person did to a run; never changed, counted once however often it comes.

    Within a run the primary key is the order of arrival: the run is locked while one is written,
    so it serves as the cursor of the devices.
    """

    op_id = models.UUIDField(unique=True)
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="operations")
    run = models.ForeignKey(
        PlaybookRun, null=True, blank=True, on_delete=models.PROTECT, related_name="operations"
    )
    step = models.ForeignKey(
        RunStep, null=True, blank=True, on_delete=models.PROTECT, related_name="operations"
    )
    kind = models.CharField(max_length=10, choices=OperationKind.choices)
    payload = models.JSONField(default=dict, blank=True)
    # Nobody: the portal itself, when it leaves a step out after a decision.
    actor = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="operations"
    )
    device = models.CharField(max_length=40, blank=True)
    clock = models.CharField(max_length=64)
    base = models.BigIntegerField(default=0)
    # What the device's clock said, and when that was by ours, as far as it can be known.
    client_time = models.DateTimeField(null=True, blank=True)
    happened_at = models.DateTimeField()
    uncertainty_ms = models.PositiveBigIntegerField(null=True, blank=True)
    received_at = models.DateTimeField()
    is_queued = models.BooleanField(default=False)
    outcome = models.CharField(max_length=12, choices=OperationOutcome.choices)
    detail = models.CharField(max_length=300, blank=True)

    objects = OperationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="operation_kind_known", condition=Q(kind__in=OperationKind.values)
            ),
            models.CheckConstraint(
                name="operation_outcome_known", condition=Q(outcome__in=OperationOutcome.values)
            ),
            # No clock of a device can make a thing happen after we heard of it.
            models.CheckConstraint(
                name="operation_not_from_the_future",
                condition=Q(happened_at__lte=models.F("received_at")),
            ),
        ]
        indexes = [
            models.Index(fields=["run", "id"], name="operation_by_arrival"),
            models.Index(fields=["step", "id"], name="operation_by_step"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.op_id}"

    @property
    def code(self) -> str:
        """What people call it."""
        return f"OP-{self.pk}"

    def told(self) -> dict[str, Any]:
        """The operation as the fold reads it, here and on every device."""
        return _told(*(getattr(self, name) for name in _TOLD))


_TOLD = ("op_id", "kind", "step_id", "actor_id", "device", "clock", "happened_at",
         "uncertainty_ms", "base", "payload")  # fmt: skip


def _told(
    op_id: UUID, kind: str, step: int | None, actor: int | None, device: str, clock: str,
    happened_at: datetime, unsure: int | None, base: int, payload: dict[str, Any],
) -> dict[str, Any]:  # fmt: skip
    return {
        "id": str(op_id),
        "kind": kind,
        "step": str(step or ""),
        "actor": actor or 0,
        "device": device,
        "hlc": clock,
        "at": int(happened_at.timestamp() * 1000),
        "unsure": -1 if unsure is None else unsure,
        "base": base,
        "payload": payload,
    }
