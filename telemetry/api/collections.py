"""What sites have told us, read-only: the doors of the API for people and programs."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import mixins, serializers, viewsets
from rest_framework.request import Request

from assets.models import Site
from bcp_portal.accounts.models import User
from telemetry.models import Device, Signal, SiteState, Stream, SyncSession


class SiteStateOut(serializers.ModelSerializer[SiteState]):
    """What we believe about a site now."""

    class Meta:
        model = SiteState
        fields = [
            "node_state",
            "since",
            "last_received_at",
            "pending_records",
            "pending_bytes",
            "oldest_pending_at",
            "rpo_due_at",
            "rpo_is_known",
        ]
        read_only_fields = fields


class SiteOut(serializers.ModelSerializer[Site]):
    """How a site looks from outside."""

    region = serializers.CharField(source="region.code", read_only=True)
    state = SiteStateOut(read_only=True, allow_null=True)

    class Meta:
        model = Site
        fields = [
            "code",
            "name",
            "kind",
            "region",
            "provider",
            "shard",
            "criticality",
            "time_zone",
            "latitude",
            "longitude",
            "state",
        ]
        read_only_fields = fields


class DeviceOut(serializers.ModelSerializer[Device]):
    """How a device looks from outside; never its token."""

    site = serializers.CharField(source="site.code", read_only=True)
    node_state = serializers.CharField(source="state.node_state", read_only=True)
    last_received_at = serializers.DateTimeField(source="state.last_received_at", read_only=True)

    class Meta:
        model = Device
        fields = [
            "node_id",
            "site",
            "name",
            "kind",
            "heartbeat_every_s",
            "enrolled_at",
            "revoked_at",
            "node_state",
            "last_received_at",
        ]
        read_only_fields = fields


class StreamOut(serializers.ModelSerializer[Stream]):
    """A stream and what waits in it."""

    site = serializers.CharField(source="site.code", read_only=True)
    pending_records = serializers.IntegerField(source="state.pending_records", read_only=True)
    oldest_pending_at = serializers.DateTimeField(source="state.oldest_pending_at", read_only=True)
    last_sync_ok_at = serializers.DateTimeField(source="state.last_sync_ok_at", read_only=True)

    class Meta:
        model = Stream
        fields = [
            "id",
            "site",
            "name",
            "criticality",
            "rpo",
            "pending_records",
            "oldest_pending_at",
            "last_sync_ok_at",
        ]
        read_only_fields = fields


class SyncSessionOut(serializers.ModelSerializer[SyncSession]):
    """One exchange of data."""

    site = serializers.CharField(source="device.site.code", read_only=True)

    class Meta:
        model = SyncSession
        fields = [
            "session_id",
            "site",
            "stream_name",
            "engine",
            "direction",
            "started_at",
            "ended_at",
            "outcome",
            "records_out",
            "records_in",
            "bytes_out",
            "bytes_in",
            "is_mismatch",
            "conflicts_flagged",
            "errors",
        ]
        read_only_fields = fields


class SignalOut(serializers.ModelSerializer[Signal]):
    """One conclusion and its sums."""

    class Meta:
        model = Signal
        fields = [
            "id",
            "rule",
            "key",
            "parent_key",
            "severity",
            "title",
            "params",
            "sums",
            "began_at",
            "opened_at",
            "closed_at",
        ]
        read_only_fields = fields


def _caller(request: Request) -> User:
    assert isinstance(request.user, User)  # ActionPermission has already refused the others
    return request.user


class _Collection(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]):
    """A list and its members; changing happens elsewhere, by verbs."""


class SiteViewSet(_Collection):
    """Sites with their state."""

    serializer_class = SiteOut
    lookup_field = "code"
    queryset = Site.objects.none()
    filterset_fields = ["region__code", "kind", "criticality", "state__node_state"]
    search_fields = ["code", "name"]
    ordering_fields = ["code", "criticality", "state__rpo_due_at"]
    action_permissions = {"list": "assets.view_site", "retrieve": "assets.view_site"}

    def get_queryset(self) -> QuerySet[Site]:
        """Only what the caller may see."""
        rows = Site.objects.visible_to(self.request.user)
        return rows.select_related("region", "state").order_by("code")


class DeviceViewSet(_Collection):
    """Devices."""

    serializer_class = DeviceOut
    lookup_field = "node_id"
    queryset = Device.objects.none()
    filterset_fields = ["site__code", "kind", "state__node_state"]
    search_fields = ["name", "site__code"]
    ordering_fields = ["name", "enrolled_at"]
    action_permissions = {"list": "telemetry.view_device", "retrieve": "telemetry.view_device"}

    def get_queryset(self) -> QuerySet[Device]:
        """Only what the caller may see."""
        return Device.objects.visible_to(_caller(self.request)).for_list().order_by("pk")


class StreamViewSet(_Collection):
    """Streams and their queues."""

    serializer_class = StreamOut
    queryset = Stream.objects.none()
    filterset_fields = ["site__code", "name"]
    ordering_fields = ["site__code", "name"]
    action_permissions = {"list": "telemetry.view_stream", "retrieve": "telemetry.view_stream"}

    def get_queryset(self) -> QuerySet[Stream]:
        """Only what the caller may see."""
        rows = Stream.objects.visible_to(_caller(self.request))
        return rows.exclude(state=None).select_related("site", "state").order_by("pk")


class SyncSessionViewSet(_Collection):
    """Exchanges of data."""

    serializer_class = SyncSessionOut
    queryset = SyncSession.objects.none()
    filterset_fields = ["device__site__code", "stream_name", "outcome", "is_mismatch"]
    ordering_fields = ["started_at"]
    action_permissions = {
        "list": "telemetry.view_syncsession",
        "retrieve": "telemetry.view_syncsession",
    }

    def get_queryset(self) -> QuerySet[SyncSession]:
        """Only what the caller may see."""
        return SyncSession.objects.visible_to(_caller(self.request)).for_list().order_by("-pk")


class SignalViewSet(_Collection):
    """Conclusions from telemetry."""

    serializer_class = SignalOut
    queryset = Signal.objects.none()
    filterset_fields = ["rule", "site__code", "severity"]
    ordering_fields = ["opened_at"]
    action_permissions = {"list": "telemetry.view_signal", "retrieve": "telemetry.view_signal"}

    def get_queryset(self) -> QuerySet[Signal]:
        """Only what the caller may see."""
        return Signal.objects.visible_to(_caller(self.request)).order_by("-pk")
