"""A message to a person, and its journeys over the channels."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models import User
from incidents.models.escalation import Escalation, EscalationFiring
from incidents.models.incident import Incident
from incidents.models.incident_state import RunMode
from incidents.models.wording import render_message


class NoticeKind(models.TextChoices):
    """What a message wants from a person."""

    CALL = "call", _("Call")
    UPDATE = "update", _("Update")
    INFO = "info", _("Information")


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Sets of notices."""

    def visible_to(self, user: User) -> Self:
        """The only way a door may fetch notices: a person's own inbox."""
        return self.filter(person=user)

    def unread(self) -> Self:
        """What the person has not seen."""
        return self.filter(read_at=None)

    def unanswered(self) -> Self:
        """Calls that wait for an answer."""
        return self.filter(requires_ack=True, acknowledged_at=None)

    def for_list(self) -> Self:
        """Everything a list row shows, in one query."""
        return self.select_related("incident", "escalation")


class Notice(models.Model):
    """A message to one person; it stays in the inbox whatever becomes of its deliveries."""

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="notices")
    incident = models.ForeignKey(
        Incident, null=True, blank=True, on_delete=models.PROTECT, related_name="notices"
    )
    escalation = models.ForeignKey(
        Escalation, null=True, blank=True, on_delete=models.PROTECT, related_name="notices"
    )
    firing = models.ForeignKey(
        EscalationFiring, null=True, blank=True, on_delete=models.PROTECT, related_name="notices"
    )
    kind = models.CharField(max_length=10, choices=NoticeKind.choices)
    mode = models.CharField(max_length=10, choices=RunMode.choices, default=RunMode.LIVE)
    message = models.TextField()
    params = models.JSONField(default=dict, blank=True)
    path = models.CharField(max_length=300, blank=True)
    requires_ack = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["person", "-created_at"], name="notice_inbox"),
            models.Index(fields=["incident", "created_at"], name="notice_by_incident"),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def code(self) -> str:
        """What people call it."""
        return f"NOTE-{self.pk}"

    @property
    def text(self) -> str:
        """The message in the reader's language; a rehearsal always says so first."""
        words = render_message(self.message, self.params)
        return f"{gettext('EXERCISE.')} {words}" if self.mode == RunMode.EXERCISE else words


class DeliveryStatus(models.TextChoices):
    """Where one journey stands."""

    QUEUED = "queued", _("Queued")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Sets of journeys."""

    def visible_to(self, user: User) -> Self:
        """The only way a door may fetch them: the calls of incidents that the person may see."""
        return self.filter(notice__incident__in=Incident.objects.visible_to(user))

    def for_list(self) -> Self:
        """Everything a row of the ledger shows, in one query."""
        return self.select_related("notice__person", "notice__incident", "notice__firing")


class Delivery(models.Model):
    """One journey of a notice over one channel."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="deliveries")
    channel = models.CharField(max_length=20)
    address = models.CharField(max_length=1000)
    position = models.PositiveSmallIntegerField()
    # The same at every attempt, so that the other side can recognise a repeat.
    idempotency_key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    status = models.CharField(
        max_length=10, choices=DeliveryStatus.choices, default=DeliveryStatus.QUEUED
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    possibly_twice = models.BooleanField(default=False)
    queued_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="delivery_status_known", condition=Q(status__in=DeliveryStatus.values)
            ),
            models.CheckConstraint(
                name="delivery_sent_iff_timestamp",
                condition=Q(status="sent", sent_at__isnull=False)
                | (~Q(status="sent") & Q(sent_at__isnull=True)),
            ),
            models.UniqueConstraint(
                fields=["notice", "position"], name="delivery_one_per_position"
            ),
        ]
        indexes = [models.Index(fields=["status", "queued_at"], name="delivery_by_status")]

    def __str__(self) -> str:
        return f"{self.notice_id} → {self.channel}"
