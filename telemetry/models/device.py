"""A machine at a site that reports, and what we believe about it now."""

from typing import Self
from uuid import uuid4

from django.db import models
from django.utils.translation import gettext_lazy as _

from assets.models import Site
from assets.scope import visible_site_ids
from bcp_portal.accounts.models import User


class NodeState(models.TextChoices):
    """What we believe about a device or a site. `unknown` is neither up nor down in any figure."""

    NEVER = "never", _("Never heard")
    ONLINE = "online", _("Online")
    CONNECTED = "connected", _("Connected, not synchronised")
    SUSPECT = "suspect", _("Suspect")
    OFFLINE = "offline", _("Offline")
    DARK = "dark", _("Dark")
    STALE = "stale", _("Stale")
    UNKNOWN = "unknown", _("Unknown")
    PLANNED_OFFLINE = "planned_offline", _("Planned offline")
    FROZEN = "frozen", _("Frozen")
    OFFLINE_ORDERED = "offline_ordered", _("Offline by order")
    MAINTENANCE = "maintenance", _("Maintenance")
    LOST = "lost", _("Lost")


SILENT_STATES = frozenset({NodeState.OFFLINE, NodeState.DARK, NodeState.STALE})


class DeviceQuerySet(models.QuerySet["Device"]):
    """Sets of devices."""

    def visible_to(self, user: User) -> Self:
        """Devices at the sites a person may see."""
        sites = visible_site_ids(user)
        return self if sites is None else self.filter(site_id__in=sites)

    def in_service(self) -> Self:
        """Devices that are expected to report."""
        return self.filter(revoked_at=None, retired_at=None)

    def for_list(self) -> Self:
        """Everything a list row shows, in one query."""
        return self.select_related("site__region", "state")


class Device(models.Model):
    """A machine at a site; its token opens its own site's ingest and nothing else."""

    node_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="devices")
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=40, default="server")
    token_hash = models.CharField(max_length=64, unique=True)
    heartbeat_every_s = models.PositiveIntegerField(default=60)
    enrolled_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = DeviceQuerySet.as_manager()

    class Meta:
        permissions = [("enrol_device", "Can enrol and revoke devices")]
        constraints = [
            models.UniqueConstraint(name="device_name_once_at_a_site", fields=["site", "name"]),
        ]

    def __str__(self) -> str:
        return f"{self.site.code}/{self.name}"


class DeviceState(models.Model):
    """What a device last told us and what we conclude from it; one row, updated in place.

    `last_received_at` is our clock and alone decides about silence; `last_sampled_at` is the
    device's claim and alone decides about content.
    """

    device = models.OneToOneField(
        Device, on_delete=models.CASCADE, primary_key=True, related_name="state"
    )
    boot_id = models.UUIDField(null=True)
    last_received_at = models.DateTimeField(null=True)
    last_sampled_at = models.DateTimeField(null=True)
    last_seq = models.BigIntegerField(default=0)
    # Live heartbeats since the device was last believed silent; two are needed to be back.
    heartbeats_since_return = models.PositiveIntegerField(default=0)
    last_sync_ok_at = models.DateTimeField(null=True)
    reported_state = models.CharField(max_length=20, blank=True)
    state_since = models.DateTimeField(null=True)
    node_state = models.CharField(max_length=20, choices=NodeState.choices, default=NodeState.NEVER)
    node_state_since = models.DateTimeField(null=True)
    # The last twenty-one verdicts of silent or not, one bit each, newest lowest: flapping.
    flap_bits = models.PositiveIntegerField(default=0)
    flap_checked_at = models.DateTimeField(null=True)
    is_flapping = models.BooleanField(default=False)
    reach = models.JSONField(default=dict)
    # The newest buffered reach ladder taken while we did not hear the device.
    reach_while_silent = models.JSONField(default=dict)
    link = models.JSONField(default=dict)
    app = models.JSONField(default=dict)
    agent = models.JSONField(default=dict)
    host = models.JSONField(default=dict)
    backup = models.JSONField(default=dict)
    clock = models.JSONField(default=dict)
    posture = models.JSONField(default=dict)
    clock_offset_ms = models.BigIntegerField(null=True)
    clock_uncertainty_ms = models.BigIntegerField(null=True)
    acked_order_epoch = models.BigIntegerField(default=0)
    duplicates = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    contradictions = models.BigIntegerField(default=0)
    is_forked = models.BooleanField(default=False)
    # When ingest last changed this row; detection looks at what changed since its last pass.
    changed_at = models.DateTimeField(null=True, db_index=True)

    class Meta:
        indexes = [
            models.Index(fields=["last_received_at"], name="device_state_by_silence"),
            models.Index(fields=["node_state"], name="device_state_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.node_state}"

    def get_node_state_display(self) -> str:  # type: ignore[no-redef]  # Django adds one of its own
        """The state in words, looked up alone: Django's own translates every choice each time."""
        return str(NodeState(self.node_state).label)


class SiteState(models.Model):
    """What we believe about a site: the best of its devices, or the verdict on its region."""

    site = models.OneToOneField(
        Site, on_delete=models.CASCADE, primary_key=True, related_name="state"
    )
    node_state = models.CharField(max_length=20, choices=NodeState.choices, default=NodeState.NEVER)
    since = models.DateTimeField(null=True)
    last_received_at = models.DateTimeField(null=True)
    # Sums over the site's streams, so that the map and lists need no aggregate.
    pending_records = models.BigIntegerField(default=0)
    pending_bytes = models.BigIntegerField(default=0)
    pending_value_minor = models.BigIntegerField(default=0)
    oldest_pending_at = models.DateTimeField(null=True)
    # The earliest moment at which some stream's RPO is exceeded; null when nothing waits.
    rpo_due_at = models.DateTimeField(null=True)
    rpo_is_known = models.BooleanField(default=False)
    open_signals = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["rpo_due_at"], name="site_state_by_rpo")]

    def __str__(self) -> str:
        return f"{self.site_id} {self.node_state}"

    def get_node_state_display(self) -> str:  # type: ignore[no-redef]  # Django adds one of its own
        """The state in words, looked up alone: Django's own translates every choice each time."""
        return str(NodeState(self.node_state).label)
