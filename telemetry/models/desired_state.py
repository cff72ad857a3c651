"""What the portal wants of one site, signed and numbered, and how far each device has got."""

from typing import Self
from uuid import uuid4

from django.db import models
from django.db.models import Exists, OuterRef, Q

from assets.models import Site
from assets.scope import visible_site_ids
from bcp_portal.accounts.models import User
from telemetry.models.device import Device
from telemetry.models.order import OBEYED, REACHABLE, Order, Rung

# A device that claims to have seen a higher number has invented it.
HIGHEST_BELIEVED = 2**53


class DesiredStateQuerySet(models.QuerySet["DesiredState"]):
    """Sets of desired states."""

    def visible_to(self, user: User) -> Self:
        """Those of the sites a person may see."""
        sites = visible_site_ids(user)
        return self if sites is None else self.filter(site_id__in=sites)

    def current(self) -> Self:
        """The newest of each site; older ones are history and never handed out."""
        return self.filter(superseded_at=None)

    def unapplied(self) -> Self:
        """Not obeyed by every device in service."""
        behind = OrderDelivery.objects.behind().filter(desired_state=OuterRef("pk"))
        return self.current().filter(Exists(behind))

    def contradicted(self) -> Self:
        """Not obeyed although a device that is behind can be reached: red."""
        behind = OrderDelivery.objects.behind().reachable()
        return self.current().filter(Exists(behind.filter(desired_state=OuterRef("pk"))))

    def outrun(self) -> Self:
        """Those whose site has a device that claims to have seen a higher number."""
        ahead = Device.objects.in_service().filter(
            site=OuterRef("site"),
            state__acked_order_epoch__gt=OuterRef("epoch"),
            state__acked_order_epoch__lt=HIGHEST_BELIEVED,
        )
        return self.current().filter(Exists(ahead))

    def for_list(self) -> Self:
        """Everything a list row shows, in one query."""
        return self.select_related("site__region", "site__state", "order")


class DesiredState(models.Model):
    """The desired state of a site from one moment on. The epoch only ever grows: a ratchet.

    `uid` is the `order_id` that devices answer to; `document` is what was signed.
    """

    uid = models.UUIDField(default=uuid4, unique=True, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="desired_states")
    epoch = models.BigIntegerField()
    # The order that brought this state about; null: the portal renewed it by itself.
    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, null=True, related_name="desired_states"
    )
    mode = models.CharField(max_length=12)
    document = models.JSONField()
    envelope = models.JSONField()
    published_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)

    objects = DesiredStateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="desired_state_epoch_once", fields=["site", "epoch"]),
            models.UniqueConstraint(
                name="desired_state_one_current",
                fields=["site"],
                condition=Q(superseded_at__isnull=True),
            ),
        ]
        indexes = [models.Index(fields=["published_at"], name="desired_state_by_time")]

    def __str__(self) -> str:
        return f"{self.site_id} epoch {self.epoch}"


class OrderDeliveryQuerySet(models.QuerySet["OrderDelivery"]):
    """Sets of deliveries."""

    def behind(self) -> Self:
        """Devices in service that do not do what is wanted, or have not said so."""
        in_service = self.filter(device__revoked_at=None, device__retired_at=None)
        return in_service.exclude(rung__in=[str(rung) for rung in OBEYED])

    def reachable(self) -> Self:
        """Those whose device can hear us now."""
        return self.filter(device__state__node_state__in=[str(state) for state in REACHABLE])


class OrderDelivery(models.Model):
    """How far one device has come with one desired state."""

    desired_state = models.ForeignKey(
        DesiredState, on_delete=models.CASCADE, related_name="deliveries"
    )
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="deliveries")
    rung = models.CharField(max_length=10, choices=Rung.choices, default=Rung.PUBLISHED)
    # The device's own clock; only compared with itself.
    rung_at = models.DateTimeField(null=True)
    # Our clock, when we heard of it.
    heard_at = models.DateTimeField(null=True)
    detail = models.CharField(max_length=300, blank=True)

    objects = OrderDeliveryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="order_delivery_once", fields=["desired_state", "device"]),
        ]

    def __str__(self) -> str:
        return f"{self.desired_state_id} at {self.device_id}: {self.rung}"


class OrderAck(models.Model):
    """One word of a device about an order, as it came; never thinned, never changed."""

    delivery = models.ForeignKey(OrderDelivery, on_delete=models.CASCADE, related_name="acks")
    rung = models.CharField(max_length=10, choices=Rung.choices)
    said_at = models.DateTimeField()
    received_at = models.DateTimeField()
    channel = models.CharField(max_length=10, blank=True)
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["delivery", "said_at"], name="order_ack_by_delivery")]

    def __str__(self) -> str:
        return f"{self.delivery_id} {self.rung}"
