"""The alert door of the API."""

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from assets.api.caller import caller
from incidents.api import asked as bodies
from incidents.api.door import asked
from incidents.api.seen import AlertOut
from incidents.models import Alert
from incidents.services.alert import acknowledge_alert, mute_alert, resolve_alert, unmute_alert


class AlertViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Alert]
):
    """List, read, acknowledge, mute, resolve. Machines raise alerts, not callers."""

    serializer_class = AlertOut
    queryset = Alert.objects.none()
    lookup_value_regex = r"\d+"
    filterset_fields = {
        "status": ["exact", "in"],
        "severity": ["exact", "lte"],
        "rule": ["exact"],
        "mode": ["exact"],
        "site__code": ["exact"],
        "incident__code": ["exact"],
        "raised_at": ["gte", "lte"],
    }
    ordering_fields = ("raised_at", "severity", "last_signal_at")
    search_fields = ("rule", "key", "site__code", "site__name")
    action_permissions = {
        "list": "incidents.view_alert",
        "retrieve": "incidents.view_alert",
        "acknowledge": "incidents.handle_alert",
        "mute": "incidents.handle_alert",
        "unmute": "incidents.handle_alert",
        "resolve": "incidents.handle_alert",
    }

    def get_queryset(self) -> QuerySet[Alert]:
        """Only what the caller may see."""
        return Alert.objects.visible_to(caller(self.request)).for_list().order_by("-pk")

    @extend_schema(request=None, responses=AlertOut)
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: str) -> Response:
        """Say “I have seen it”."""
        alert = acknowledge_alert(alert=self.get_object(), actor=caller(request), at=timezone.now())
        return Response(AlertOut(alert).data)

    @extend_schema(request=bodies.MuteIn, responses=AlertOut)
    @action(detail=True, methods=["post"])
    def mute(self, request: Request, pk: str) -> Response:
        """Keep it quiet until a moment."""
        alert = mute_alert(
            alert=self.get_object(),
            **asked(request, bodies.MuteIn),
            actor=caller(request),
            at=timezone.now(),
        )
        return Response(AlertOut(alert).data)

    @extend_schema(request=None, responses=AlertOut)
    @action(detail=True, methods=["post"])
    def unmute(self, request: Request, pk: str) -> Response:
        """End the silence."""
        alert = unmute_alert(alert=self.get_object(), actor=caller(request), at=timezone.now())
        return Response(AlertOut(alert).data)

    @extend_schema(request=bodies.MaybeReasonIn, responses=AlertOut)
    @action(detail=True, methods=["post"])
    def resolve(self, request: Request, pk: str) -> Response:
        """Say that the condition no longer holds."""
        alert = resolve_alert(
            alert=self.get_object(),
            **asked(request, bodies.MaybeReasonIn),
            actor=caller(request),
            at=timezone.now(),
        )
        return Response(AlertOut(alert).data)
