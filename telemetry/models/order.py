"""An instruction to sites, and the state that it makes each of them desire."""

from typing import Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from assets.models import Region, Site
from assets.scope import visible_site_ids
from bcp_portal.accounts.models import User
from bcp_portal.shared.lifecycle import Lifecycle
from telemetry.models.approval import ApprovalClass
from telemetry.models.device import NodeState
from telemetry.models.signal import Signal


class OrderAction(models.TextChoices):
    """What a site is told to do."""

    FREEZE = "freeze", _("Freeze a suspect source")
    OFFLINE = "offline", _("Work offline")
    MAINTENANCE = "maintenance", _("Maintenance")
    DRAIN = "drain", _("Empty the queues, then stop")
    HOLD = "hold", _("Hold back sync for waves")
    PERMIT = "permit", _("Permit sync in a wave")
    LIFT = "lift", _("Lift an order")


class OrderStatus(models.TextChoices):
    """Where an order stands among the people who give it."""

    REQUESTED = "requested", _("Waits for a second person")
    SCHEDULED = "scheduled", _("Scheduled")
    IN_FORCE = "in_force", _("In force")
    DONE = "done", _("Done")
    LIFTED = "lifted", _("Lifted")
    EXPIRED = "ended", _("Ended by itself")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    LAPSED = "lapsed", _("Lapsed: nobody approved")


_ENDED: frozenset[OrderStatus] = frozenset()
ORDER_LIFECYCLE = Lifecycle(
    "order",
    {
        OrderStatus.REQUESTED: frozenset(
            {
                OrderStatus.SCHEDULED,
                OrderStatus.IN_FORCE,
                OrderStatus.DONE,
                OrderStatus.REFUSED,
                OrderStatus.WITHDRAWN,
                OrderStatus.LAPSED,
            }
        ),
        OrderStatus.SCHEDULED: frozenset({OrderStatus.IN_FORCE, OrderStatus.LIFTED}),
        OrderStatus.IN_FORCE: frozenset({OrderStatus.LIFTED, OrderStatus.EXPIRED}),
        OrderStatus.DONE: _ENDED,
        OrderStatus.LIFTED: _ENDED,
        OrderStatus.EXPIRED: _ENDED,
        OrderStatus.REFUSED: _ENDED,
        OrderStatus.WITHDRAWN: _ENDED,
        OrderStatus.LAPSED: _ENDED,
    },
)
LIVE_STATUSES = (OrderStatus.SCHEDULED, OrderStatus.IN_FORCE)


class OnExpiry(models.TextChoices):
    """What follows when an order's time is over."""

    HOLD = "hold", _("Keep it until somebody lifts it")
    REVERT = "revert", _("Return to what was before")


class Rung(models.TextChoices):
    """How far an order has come at a device: the ladder of acknowledgements."""

    PUBLISHED = "published", _("Published")
    RECEIVED = "received", _("Received")
    VERIFIED = "verified", _("Signature verified")
    APPLIED = "applied", _("Applied")
    HELD = "held", _("Held: seen in force")
    COMPLETED = "completed", _("Completed")
    EXPIRED = "expired", _("Expired")
    FAILED = "failed", _("Failed")
    REJECTED = "rejected", _("Rejected")


# Rungs on which the site does what the portal wants.
OBEYED = frozenset({Rung.APPLIED, Rung.HELD, Rung.COMPLETED, Rung.EXPIRED})
# States in which a device can hear an order now.
REACHABLE = frozenset(
    {
        NodeState.ONLINE,
        NodeState.CONNECTED,
        NodeState.FROZEN,
        NodeState.OFFLINE_ORDERED,
        NodeState.MAINTENANCE,
    }
)


class OrderQuerySet(models.QuerySet["Order"]):
    """Sets of orders."""

    def visible_to(self, user: User) -> Self:
        """Orders to at least one site that the person may see."""
        sites = visible_site_ids(user)
        if sites is None:
            return self
        told = OrderSite.objects.filter(order=OuterRef("pk"), site__in=sites)
        return self.filter(Exists(told))

    def in_force(self) -> Self:
        """Orders that sites have to obey now."""
        return self.filter(status=OrderStatus.IN_FORCE)

    def open(self) -> Self:
        """Orders about which something may still have to be done."""
        return self.filter(status__in=(OrderStatus.REQUESTED, *LIVE_STATUSES))

    def for_list(self) -> Self:
        """Everything a list row shows, in one query."""
        return self.select_related("requested_by", "confirmed_by", "lifts", "region")


class Order(models.Model):
    """What people ordered: to whom, what, why, until when, and who stands for it.

    A freeze of a suspect source has no end of its own: only people lift it.
    """

    number = models.PositiveIntegerField(unique=True)
    code = models.CharField(max_length=20, unique=True)
    action = models.CharField(max_length=12, choices=OrderAction.choices)
    status = models.CharField(
        max_length=10, choices=OrderStatus.choices, default=OrderStatus.REQUESTED
    )
    approval_class = models.CharField(max_length=1, choices=ApprovalClass.choices)
    # Stream names; empty means every stream of the site.
    streams = models.JSONField(default=list)
    rate = models.BigIntegerField(null=True)
    lease = models.DurationField(null=True)
    # Emergency limits while it holds: {"transactions_per_hour": 40, "value_minor_per_sale": …}.
    limits = models.JSONField(default=dict)
    not_before = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    on_expiry = models.CharField(
        max_length=6, choices=OnExpiry.choices, default=OnExpiry.HOLD, blank=True
    )
    # How the sites were named: "site", "sites", "region" or "all"; the sites themselves are rows.
    addressed = models.CharField(max_length=10, default="sites")
    region = models.ForeignKey(Region, on_delete=models.PROTECT, null=True, related_name="orders")
    site_count = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=500)
    authority = models.CharField(max_length=200, blank=True)
    incident_code = models.CharField(max_length=20, blank=True)
    signal = models.ForeignKey(Signal, on_delete=models.SET_NULL, null=True, related_name="orders")
    lifts = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="lifted_by")
    # SHA-256 of what is ordered; what a second person approves.
    digest = models.CharField(max_length=64)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="orders_given")
    requested_at = models.DateTimeField()
    in_force_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    # Class A: one person acts at once, a second stands by it within half an hour.
    confirm_due_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="orders_confirmed"
    )
    confirmed_at = models.DateTimeField(null=True)
    is_overdue = models.BooleanField(default=False)
    # Break-glass: given by one person although it takes two; looked at afterwards, always.
    is_break_glass = models.BooleanField(default=False)
    review_due_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="orders_reviewed"
    )
    reviewed_at = models.DateTimeField(null=True)
    review_note = models.CharField(max_length=500, blank=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        permissions = [
            ("give_order", "Can give orders to sites"),
            ("approve_order", "Can be the second person of an order"),
            ("break_glass", "Can give a dangerous order alone, to be reviewed"),
        ]
        constraints = [
            models.CheckConstraint(
                name="order_confirmed_by_another",
                violation_error_message=_("Nobody confirms their own order."),
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("requested_by")),
            ),
            models.CheckConstraint(
                name="order_reviewed_by_another",
                violation_error_message=_("Nobody reviews their own break-glass order."),
                condition=Q(reviewed_by=None) | ~Q(reviewed_by=F("requested_by")),
            ),
            models.CheckConstraint(
                name="order_freeze_never_lapses_by_itself",
                condition=~Q(action="freeze") | Q(expires_at=None),
            ),
            models.CheckConstraint(
                name="order_lift_names_what_it_lifts",
                condition=Q(action="lift", lifts__isnull=False)
                | (~Q(action="lift") & Q(lifts=None)),
            ),
            models.CheckConstraint(
                name="order_status_known", condition=Q(status__in=OrderStatus.values)
            ),
        ]
        indexes = [models.Index(fields=["status", "requested_at"], name="order_by_status")]

    def __str__(self) -> str:
        return self.code

    @property
    def dark_count(self) -> int:
        """Sites that will obey on their return; for rows that the board has counted."""
        return int(getattr(self, "behind_count", 0)) - int(getattr(self, "red_count", 0))

    @property
    def needs_confirmation(self) -> bool:
        """Class A, in force, and nobody else stands by it yet."""
        return (
            self.approval_class == ApprovalClass.A
            and self.status in LIVE_STATUSES
            and self.confirmed_at is None
        )

    @property
    def needs_review(self) -> bool:
        """Given by breaking the glass, and nobody has looked at it since."""
        return self.is_break_glass and self.reviewed_at is None


class OrderSite(models.Model):
    """A site that an order is for; `ended_at`: it was lifted for this site."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="targets")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="order_targets")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="order_site_once", fields=["order", "site"]),
        ]
        indexes = [
            models.Index(
                fields=["site"], name="order_site_unended", condition=Q(ended_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.order_id} at {self.site_id}"
