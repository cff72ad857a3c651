"""The acceptance door of the API."""

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from assets.api.asset import RetireIn
from assets.api.caller import caller
from bcp_portal.accounts.models import User
from risks.models import Acceptance, Risk
from risks.services.acceptance import (
    approve_acceptance,
    refuse_acceptance,
    withdraw_acceptance,
)


class AcceptanceOut(serializers.ModelSerializer[Acceptance]):
    """How an acceptance looks from outside."""

    risk = serializers.SlugRelatedField[Risk](slug_field="code", read_only=True)
    asked_by = serializers.SlugRelatedField[User](slug_field="username", read_only=True)
    approver = serializers.SlugRelatedField[User](slug_field="username", read_only=True)
    accepted_by = serializers.SlugRelatedField[User](slug_field="username", read_only=True)

    class Meta:
        model = Acceptance
        fields = (
            "id",
            "risk",
            "reason",
            "asked_by",
            "approver",
            "accepted_by",
            "accepted_at",
            "expires_on",
            "ended_at",
            "ended_because",
        )
        read_only_fields = fields


class AcceptanceViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Acceptance]
):
    """List, read, approve, refuse, withdraw; a risk is accepted at its own address."""

    serializer_class = AcceptanceOut
    filterset_fields = {"risk__code": ["exact"], "ended_at": ["isnull"], "expires_on": ["lte"]}
    ordering_fields = ("expires_on", "accepted_at")
    queryset = Acceptance.objects.none()
    action_permissions = {
        "list": "risks.view_acceptance",
        "retrieve": "risks.view_acceptance",
        "approve": "risks.accept_risk",
        "refuse": "risks.accept_risk",
        "withdraw": "risks.accept_risk",
    }

    def get_queryset(self) -> QuerySet[Acceptance]:
        """Only what the caller may see."""
        return Acceptance.objects.visible_to(caller(self.request)).for_list().order_by("-pk")

    @extend_schema(request=None, responses=AcceptanceOut)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        """Live with a risk that somebody else has asked about."""
        given = approve_acceptance(
            acceptance=self.get_object(), actor=caller(request), at=timezone.now()
        )
        return Response(AcceptanceOut(given).data)

    @extend_schema(request=RetireIn, responses=AcceptanceOut)
    @action(detail=True, methods=["post"])
    def refuse(self, request: Request, pk: str) -> Response:
        """Say that a risk is not accepted, and why."""
        body = RetireIn(data=request.data)
        body.is_valid(raise_exception=True)
        refused = refuse_acceptance(
            acceptance=self.get_object(),
            **body.validated_data,
            actor=caller(request),
            at=timezone.now(),
        )
        return Response(AcceptanceOut(refused).data)

    @extend_schema(request=RetireIn, responses=AcceptanceOut)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """End an acceptance before its date."""
        body = RetireIn(data=request.data)
        body.is_valid(raise_exception=True)
        ended = withdraw_acceptance(
            acceptance=self.get_object(),
            **body.validated_data,
            actor=caller(request),
            at=timezone.now(),
        )
        return Response(AcceptanceOut(ended).data)
