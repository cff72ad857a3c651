"""An order to another program to move work along a failover path, and what it answered."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from assets.models import FailoverPath
from bcp_portal.accounts.models import User
from incidents.models.run import RunStep


class SwitchState(models.TextChoices):
    """What became of an order."""

    WAITING = "waiting", _("Not answered yet")
    TAKEN = "taken", _("Taken")
    REFUSED = "refused", _("Refused")
    UNANSWERED = "unanswered", _("Never answered")


class SwitchOrder(models.Model):
    """One order by signed webhook; however often it is sent, it carries the same key."""

    step = models.ForeignKey(RunStep, on_delete=models.PROTECT, related_name="switch_orders")
    path = models.ForeignKey(FailoverPath, on_delete=models.PROTECT, related_name="switch_orders")
    # As it was when the order was given.
    address = models.CharField(max_length=500)
    key = models.UUIDField(default=uuid.uuid4, unique=True)
    reason = models.CharField(max_length=300)
    state = models.CharField(
        max_length=12, choices=SwitchState.choices, default=SwitchState.WAITING
    )
    answer = models.CharField(max_length=300, blank=True)
    ordered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ordered_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="switch_order_state_known", condition=Q(state__in=SwitchState.values)
            ),
            models.UniqueConstraint(
                fields=["path"],
                condition=Q(state="waiting"),
                name="switch_order_one_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step_id}: {self.path_id}"
