"""Addresses of this app's part of the API."""

from rest_framework.routers import BaseRouter

from telemetry.api.collections import (
    DeviceViewSet,
    SignalViewSet,
    SiteViewSet,
    StreamViewSet,
    SyncSessionViewSet,
)
from telemetry.api.conflicts import ConflictViewSet
from telemetry.api.losses import DeviceLossViewSet
from telemetry.api.order import OrderViewSet
from telemetry.api.rebuild import RebuildViewSet
from telemetry.api.sector_profile import SectorProfileViewSet


def register(router: BaseRouter) -> None:
    """Add this app's collections."""
    router.register("sites", SiteViewSet, basename="site")
    router.register("devices", DeviceViewSet, basename="device")
    router.register("device-losses", DeviceLossViewSet, basename="device-loss")
    router.register("streams", StreamViewSet, basename="stream")
    router.register("sync-sessions", SyncSessionViewSet, basename="sync-session")
    router.register("conflicts", ConflictViewSet, basename="conflict")
    router.register("orders", OrderViewSet, basename="order")
    router.register("rebuilds", RebuildViewSet, basename="rebuild")
    router.register("sector-profiles", SectorProfileViewSet, basename="sector-profile")
    router.register("signals", SignalViewSet, basename="signal")
