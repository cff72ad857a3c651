"""The treatment door of the API."""

from collections.abc import Callable

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from assets.api.caller import caller
from bcp_portal.accounts.models import User
from risks.models import MOST_COST, Risk, Treatment, TreatmentKind
from risks.services.treatment import drop_treatment, finish_treatment


class TreatIn(serializers.Serializer[None]):
    """What it takes to decide what is done about a risk."""

    kind = serializers.ChoiceField(choices=TreatmentKind.choices)
    plan = serializers.CharField()
    owner = serializers.SlugRelatedField(
        slug_field="username", queryset=User.objects.filter(is_active=True)
    )
    due_on = serializers.DateField(required=False, allow_null=True)
    cost = serializers.FloatField(required=False, allow_null=True, min_value=0, max_value=MOST_COST)


class TreatmentOut(serializers.ModelSerializer[Treatment]):
    """How a treatment looks from outside."""

    risk = serializers.SlugRelatedField[Risk](slug_field="code", read_only=True)
    owner = serializers.SlugRelatedField[User](slug_field="username", read_only=True)

    class Meta:
        model = Treatment
        fields = (
            "id",
            "risk",
            "kind",
            "plan",
            "owner",
            "due_on",
            "cost",
            "status",
            "decided_at",
            "ended_at",
        )
        read_only_fields = fields


class EndIn(serializers.Serializer[None]):
    """The sentence that is kept with the end of a treatment."""

    note = serializers.CharField()


class TreatmentViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Treatment]
):
    """List, read, finish, drop; a treatment is decided at the address of its risk."""

    serializer_class = TreatmentOut
    filterset_fields = {
        "risk__code": ["exact"],
        "status": ["exact"],
        "owner__username": ["exact"],
        "due_on": ["lte", "isnull"],
    }
    ordering_fields = ("due_on", "decided_at")
    queryset = Treatment.objects.none()
    action_permissions = {
        "list": "risks.view_risk",
        "retrieve": "risks.view_risk",
        "finish": "risks.run_risk",
        "drop": "risks.run_risk",
    }

    def get_queryset(self) -> QuerySet[Treatment]:
        """Only those of risks that the caller may see."""
        return Treatment.objects.visible_to(caller(self.request)).for_list().order_by("-pk")

    def _end(self, request: Request, verb: Callable[..., Treatment]) -> Response:
        body = EndIn(data=request.data)
        body.is_valid(raise_exception=True)
        ended = verb(
            treatment=self.get_object(),
            **body.validated_data,
            actor=caller(request),
            at=timezone.now(),
        )
        return Response(TreatmentOut(ended).data)

    @extend_schema(request=EndIn, responses=TreatmentOut)
    @action(detail=True, methods=["post"])
    def finish(self, request: Request, pk: str) -> Response:
        """Say that a treatment is in place."""
        return self._end(request, finish_treatment)

    @extend_schema(request=EndIn, responses=TreatmentOut)
    @action(detail=True, methods=["post"])
    def drop(self, request: Request, pk: str) -> Response:
        """Say that a treatment will not come, and why."""
        return self._end(request, drop_treatment)
