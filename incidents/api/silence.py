"""The door of silences in the API."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from assets.api.caller import caller
from assets.models import Asset, Region, Site
from incidents.api.asked import MaybeReasonIn
from incidents.api.door import asked
from incidents.api.seen import CodeField, PersonField
from incidents.models import IncidentKind, Silence, SilenceKind
from incidents.services.silence import add_silence, approve_silence, end_silence
from telemetry.models import SignalRule


class SilenceOut(serializers.ModelSerializer[Silence]):
    """How a silence looks from outside."""

    site = CodeField()
    region = CodeField()
    asset = CodeField()
    created_by = PersonField()
    approved_by = PersonField()
    ended_by = PersonField()
    alerts = serializers.SerializerMethodField()

    class Meta:
        model = Silence
        fields = (
            "id", "code", "kind", "reason", "rule", "incident_kind", "site", "region", "asset",
            "words", "starts_at", "ends_at", "created_by", "created_at", "approved_by",
            "approved_at", "ended_at", "ended_by", "alerts",
        )  # fmt: skip
        read_only_fields = fields

    def get_alerts(self, row: Silence) -> int:
        """How many alerts it held back."""
        counted = getattr(row, "alert_count", None)
        return row.alerts.count() if counted is None else int(counted)


class SilenceIn(serializers.Serializer[None]):
    """What it takes to ask for a silence."""

    kind = serializers.ChoiceField(choices=SilenceKind.choices, required=False)
    reason = serializers.CharField(max_length=300)
    rule = serializers.ChoiceField(choices=SignalRule.choices, required=False)
    incident_kind = serializers.ChoiceField(choices=IncidentKind.choices, required=False)
    site = serializers.SlugRelatedField(
        slug_field="code", required=False, queryset=Site.objects.none()
    )
    region = serializers.SlugRelatedField(
        slug_field="code", required=False, queryset=Region.objects.none()
    )
    asset = serializers.SlugRelatedField(
        slug_field="code", required=False, queryset=Asset.objects.none()
    )
    words = serializers.CharField(max_length=100, required=False, allow_blank=True)
    starts_at = serializers.DateTimeField(required=False)
    ends_at = serializers.DateTimeField()

    def get_fields(self) -> dict[str, Any]:
        """Only what the caller may see can be named."""
        fields: dict[str, Any] = super().get_fields()
        request = self.context.get("request")
        if request is not None:
            sites = Site.objects.visible_to(request.user)
            fields["site"].queryset = sites
            fields["region"].queryset = Region.objects.filter(sites__in=sites).distinct()
            fields["asset"].queryset = Asset.objects.visible_to(request.user)
        return fields


class SilenceViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Silence]
):
    """List, read, ask for, agree to and end silences."""

    serializer_class = SilenceOut
    queryset = Silence.objects.none()
    lookup_value_regex = r"\d+"
    filterset_fields = {
        "kind": ["exact"], "rule": ["exact"], "site__code": ["exact"],
        "ends_at": ["gte", "lte"], "ended_at": ["isnull"],
    }  # fmt: skip
    ordering_fields = ("starts_at", "ends_at")
    search_fields = ("reason", "words")
    action_permissions = {
        "list": "incidents.view_silence",
        "retrieve": "incidents.view_silence",
        "create": "incidents.add_silence",
        "approve": "incidents.approve_silence",
        "end": "incidents.add_silence",
    }

    def get_queryset(self) -> QuerySet[Silence]:
        """Only what the caller may see."""
        return Silence.objects.visible_to(caller(self.request)).for_list().order_by("-pk")

    @extend_schema(request=SilenceIn, responses={201: SilenceOut})
    def create(self, request: Request) -> Response:
        """Ask for a silence; a wide or long one waits for a second person."""
        silence = add_silence(**asked(request, SilenceIn), actor=caller(request), at=timezone.now())
        return Response(SilenceOut(silence).data, status=201)

    @extend_schema(request=None, responses=SilenceOut)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        """Agree, as the second person."""
        silence = approve_silence(
            silence=self.get_object(), actor=caller(request), at=timezone.now()
        )
        return Response(SilenceOut(silence).data)

    @extend_schema(request=MaybeReasonIn, responses=SilenceOut)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: str) -> Response:
        """Let everything speak again."""
        silence = end_silence(
            silence=self.get_object(),
            **asked(request, MaybeReasonIn),
            actor=caller(request),
            at=timezone.now(),
        )
        return Response(SilenceOut(silence).data)
