"""That a device was lost or damaged: who said so, since when, who was told, how it ended."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from assets.models import Sector
from assets.scope import visible_site_ids
from bcp_portal.accounts.models import User
from telemetry.models.device import Device


class LossKind(models.TextChoices):
    """What happened to it."""

    LOST = "lost", _("Lost or stolen")
    DAMAGED = "damaged", _("Damaged")


class LossOutcome(models.TextChoices):
    """How a report ended; none yet while it is open."""

    OPEN = "open", _("Open")
    FOUND = "found", _("Found again")
    REPAIR = "repair", _("Sent to repair")
    REPLACED = "replaced", _("Replaced or written off")


class ToldAs(models.TextChoices):
    """In which office somebody is told."""

    SUPERVISOR = "supervisor", _("Supervisor")
    IT = "it", _("IT")


class DeviceLossQuerySet(models.QuerySet["DeviceLoss"]):
    """Sets of reports."""

    def visible_to(self, user: User) -> Self:
        """Those about sites a person may see; everybody sees what they reported."""
        sites = visible_site_ids(user)
        if sites is None:
            return self
        return self.filter(Q(device__site_id__in=sites) | Q(reported_by=user))

    def open(self) -> Self:
        """Reports that nobody has settled yet."""
        return self.filter(outcome=LossOutcome.OPEN)

    def for_list(self) -> Self:
        """Everything a list row shows, in one query."""
        return self.select_related("device__site", "reported_by", "settled_by")


class DeviceLoss(models.Model):
    """A report, with the arithmetic of its clock: working hours from noticing to reporting.

    Before a device of the health sector goes to repair, who freed it of germs, when and how must
    be on record; the database holds that, too.
    """

    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="losses")
    kind = models.CharField(max_length=10, choices=LossKind.choices)
    sector = models.CharField(max_length=20, choices=Sector.choices, blank=True)
    reason = models.TextField(blank=True)
    noticed_at = models.DateTimeField()
    reported_at = models.DateTimeField()
    reported_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="reported_losses")
    # The site's working day as it was when the report came: the sums stay true when rules change.
    opens = models.FloatField()
    closes = models.FloatField()
    workdays = models.PositiveSmallIntegerField()
    worked_h = models.FloatField()
    limit_h = models.FloatField()
    outcome = models.CharField(max_length=10, choices=LossOutcome.choices, default=LossOutcome.OPEN)
    note = models.TextField(blank=True)
    cleaned_by = models.CharField(max_length=120, blank=True)
    cleaned_at = models.DateTimeField(null=True)
    cleaned_how = models.TextField(blank=True)
    settled_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="settled_losses"
    )
    settled_at = models.DateTimeField(null=True)

    objects = DeviceLossQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="device_loss_open_once", fields=["device"], condition=Q(outcome="open")
            ),
            models.CheckConstraint(
                name="device_loss_noticed_before_reported",
                condition=Q(noticed_at__lte=F("reported_at")),
            ),
            models.CheckConstraint(
                name="device_loss_clean_before_repair",
                condition=~Q(sector="health", outcome="repair")
                | ~(Q(cleaned_at=None) | Q(cleaned_by="") | Q(cleaned_how="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.device} {self.get_kind_display()}"

    @property
    def is_late(self) -> bool:
        """Whether more working hours went by than the rule allows."""
        return self.worked_h > self.limit_h

    @property
    def is_open(self) -> bool:
        """Whether nobody has settled it yet."""
        return self.outcome == LossOutcome.OPEN


class LossNotice(models.Model):
    """One person who is told of a report, in which office, and whether the mail has left."""

    loss = models.ForeignKey(DeviceLoss, on_delete=models.CASCADE, related_name="notices")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="loss_notices")
    office = models.CharField(max_length=10, choices=ToldAs.choices)
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="loss_notice_once_a_person", fields=["loss", "person"])
        ]

    def __str__(self) -> str:
        return f"{self.loss_id} → {self.person}"
