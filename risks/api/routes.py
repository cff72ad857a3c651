"""Which addresses of the API belong to this room."""

from rest_framework.routers import BaseRouter

from risks.api.acceptance import AcceptanceViewSet
from risks.api.control import ControlViewSet
from risks.api.indicator import IndicatorViewSet
from risks.api.plan import PlanViewSet
from risks.api.risk import RiskViewSet
from risks.api.treatment import TreatmentActionViewSet, TreatmentViewSet


def register(router: BaseRouter) -> None:
    """Add this room's doors to the one router."""
    router.register("risks", RiskViewSet, basename="risk")
    router.register("controls", ControlViewSet, basename="control")
    router.register("acceptances", AcceptanceViewSet, basename="acceptance")
    router.register("treatments", TreatmentViewSet, basename="treatment")
    router.register("treatment-actions", TreatmentActionViewSet, basename="treatment-action")
    router.register("indicators", IndicatorViewSet, basename="indicator")
    router.register("plans", PlanViewSet, basename="plan")
