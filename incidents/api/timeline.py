"""The doors of what happened, and of what was said to the caller."""

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from assets.api.caller import caller
from incidents.api.seen import NoticeOut, TimelineOut
from incidents.models import Notice, TimelineEntry
from incidents.services.escalation import answer_call
from incidents.services.notice import read_notice


class TimelineViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[TimelineEntry]
):
    """Read what happened; notes are written by the incident's own door."""

    serializer_class = TimelineOut
    queryset = TimelineEntry.objects.none()
    lookup_value_regex = r"\d+"
    filterset_fields = {
        "incident__code": ["exact"],
        "kind": ["exact", "in"],
        "importance": ["lte"],
        "happened_at": ["gte", "lte"],
        "recorded_at": ["gte"],
    }
    ordering_fields = ("happened_at", "recorded_at")
    action_permissions = {
        "list": "incidents.view_timelineentry",
        "retrieve": "incidents.view_timelineentry",
    }

    def get_queryset(self) -> QuerySet[TimelineEntry]:
        """Only what the caller may see."""
        entries = TimelineEntry.objects.visible_to(caller(self.request))
        return entries.select_related("incident", "actor").order_by("-happened_at", "-pk")


class InboxViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Notice]
):
    """The caller's own inbox: read, answer."""

    serializer_class = NoticeOut
    queryset = Notice.objects.none()
    lookup_value_regex = r"\d+"
    filterset_fields = {
        "kind": ["exact"],
        "requires_ack": ["exact"],
        "read_at": ["isnull"],
        "acknowledged_at": ["isnull"],
    }
    ordering_fields = ("created_at",)
    action_permissions = {"list": "*", "retrieve": "*", "read": "*", "answer": "*"}

    def get_queryset(self) -> QuerySet[Notice]:
        """Only the caller's own."""
        return Notice.objects.visible_to(caller(self.request)).for_list().order_by("-pk")

    @extend_schema(request=None, responses=NoticeOut)
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: str) -> Response:
        """Say that you have seen it."""
        notice = read_notice(notice=self.get_object(), actor=caller(request), at=timezone.now())
        return Response(NoticeOut(notice).data)

    @extend_schema(request=None, responses=NoticeOut)
    @action(detail=True, methods=["post"])
    def answer(self, request: Request, pk: str) -> Response:
        """Answer a call; nobody else is called."""
        notice = self.get_object()
        user, at = caller(request), timezone.now()
        answer_call(notice=notice, actor=user, at=at)
        return Response(NoticeOut(notice).data)
