"""The indicator door of the API."""

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from assets.api.caller import caller
from bcp_portal.accounts.models import User
from risks.models import Indicator
from risks.services.indicator import record_value


class IndicatorOut(serializers.ModelSerializer[Indicator]):
    """How an indicator looks from outside; without a value nobody knows."""

    owner = serializers.SlugRelatedField[User](slug_field="username", read_only=True)

    class Meta:
        model = Indicator
        fields = (
            "code",
            "name",
            "reading",
            "unit",
            "higher_is_worse",
            "watch_at",
            "act_at",
            "owner",
            "value",
            "status",
            "measured_at",
            "status_since",
            "retired_at",
        )
        read_only_fields = fields


class ValueIn(serializers.Serializer[object]):
    """A value that somebody or something measured."""

    value = serializers.FloatField()
    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=300)
    measured_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class IndicatorViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Indicator]
):
    """List, read, and tell a value that nothing measures by itself."""

    serializer_class = IndicatorOut
    lookup_field = "code"
    lookup_value_regex = "[^/]+"
    filterset_fields = {"status": ["exact"], "reading": ["exact"], "retired_at": ["isnull"]}
    ordering_fields = ("code", "status_since", "measured_at")
    queryset = Indicator.objects.none()
    action_permissions = {
        "list": "risks.view_indicator",
        "retrieve": "risks.view_indicator",
        "record": "risks.record_value",
    }

    def get_queryset(self) -> QuerySet[Indicator]:
        """Only what the caller may see."""
        return Indicator.objects.visible_to(caller(self.request)).for_list().order_by("code")

    @extend_schema(request=ValueIn, responses=IndicatorOut)
    @action(detail=True, methods=["post"])
    def record(self, request: Request, code: str) -> Response:
        """Tell a value."""
        told = ValueIn(data=request.data)
        told.is_valid(raise_exception=True)
        indicator = record_value(
            indicator=self.get_object(),
            actor=caller(request),
            at=timezone.now(),
            **told.validated_data,
        )
        return Response(IndicatorOut(indicator).data)
