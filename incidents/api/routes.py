"""Addresses of this app's part of the API."""

from rest_framework.routers import BaseRouter

from incidents.api.alert import AlertViewSet
from incidents.api.exercise import ExerciseViewSet
from incidents.api.incident import IncidentViewSet
from incidents.api.offline import OfflineViewSet
from incidents.api.playbook import PlaybookViewSet, RunViewSet, StepViewSet
from incidents.api.review import ActionItemViewSet, ReviewViewSet
from incidents.api.silence import SilenceViewSet
from incidents.api.timeline import InboxViewSet, TimelineViewSet


def register(router: BaseRouter) -> None:
    """Add this app's collections."""
    router.register("alerts", AlertViewSet, basename="alert")
    router.register("incidents", IncidentViewSet, basename="incident")
    router.register("timeline", TimelineViewSet, basename="timeline")
    router.register("playbooks", PlaybookViewSet, basename="playbook")
    router.register("runs", RunViewSet, basename="run")
    router.register("steps", StepViewSet, basename="step")
    router.register("exercises", ExerciseViewSet, basename="exercise")
    router.register("reviews", ReviewViewSet, basename="review")
    router.register("action-items", ActionItemViewSet, basename="action-item")
    router.register("offline", OfflineViewSet, basename="offline")
    router.register("silences", SilenceViewSet, basename="silence")
    router.register("inbox", InboxViewSet, basename="inbox")
