"""Which addresses of the API belong to this room."""

from rest_framework.routers import BaseRouter

from assets.api.asset import AssetViewSet
from assets.api.dependency import DependencyViewSet
from assets.api.proposal import ProposalViewSet
from assets.api.recovery_target import RecoveryTargetViewSet
from assets.api.unit import UnitViewSet


def register(router: BaseRouter) -> None:
    """Add this room's doors to the one router."""
    router.register("assets", AssetViewSet, basename="asset")
    router.register("units", UnitViewSet, basename="unit")
    router.register("dependencies", DependencyViewSet, basename="dependency")
    router.register("recovery-targets", RecoveryTargetViewSet, basename="recovery-target")
    router.register("target-proposals", ProposalViewSet, basename="target-proposal")
