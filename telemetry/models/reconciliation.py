"""After limits were lifted somebody must show that both sides agree again, and close that."""

from typing import Self

from django.db import models
from django.db.models import Q

from assets.models import Site
from assets.scope import visible_site_ids
from bcp_portal.accounts.models import User
from telemetry.models.order import Order


class ReconciliationQuerySet(models.QuerySet["Reconciliation"]):
    """Sets of reconciliations."""

    def visible_to(self, user: User) -> Self:
        """Those of the sites a person may see."""
        sites = visible_site_ids(user)
        return self if sites is None else self.filter(site_id__in=sites)

    def open(self) -> Self:
        """Nobody has closed them yet."""
        return self.filter(closed_at=None)

    def for_list(self) -> Self:
        """Everything a list row shows, in one query."""
        return self.select_related("site__state", "order", "closed_by")


class Reconciliation(models.Model):
    """A site that worked under emergency limits, and the proof that its books are whole again."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="reconciliations")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="reconciliations")
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="reconciliations_closed"
    )
    note = models.CharField(max_length=500, blank=True)
    # What was true when it was closed.
    figures = models.JSONField(default=dict)

    objects = ReconciliationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="reconciliation_once", fields=["order", "site"]),
            models.CheckConstraint(
                name="reconciliation_closed_by_somebody",
                condition=Q(closed_at=None, closed_by=None)
                | Q(closed_at__isnull=False, closed_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} at {self.site_id}"
