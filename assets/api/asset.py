"""The asset door of the API. Reading is a serializer; changing is a verb."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from assets.api.caller import SecondsField, caller
from assets.api.impact import ImpactIn, ImpactOut
from assets.models import Asset, AssetKind, Criticality, ImpactAnalysis, Site, Unit
from assets.services.asset import add_asset, edit_asset, retire_asset
from assets.services.impact import answer_impact
from bcp_portal.accounts.models import User


class AssetOut(serializers.ModelSerializer[Asset]):
    """How an asset looks from outside. Never used for writing."""

    site = serializers.SlugRelatedField[Site](slug_field="code", read_only=True)
    unit = serializers.SlugRelatedField[Unit](slug_field="code", read_only=True)
    business_owner = serializers.SlugRelatedField[User](slug_field="username", read_only=True)
    technical_owner = serializers.SlugRelatedField[User](slug_field="username", read_only=True)
    own_restore = SecondsField(read_only=True)
    backup_every = SecondsField(read_only=True)

    class Meta:
        model = Asset
        fields = (
            "code",
            "name",
            "kind",
            "site",
            "unit",
            "business_owner",
            "technical_owner",
            "criticality",
            "description",
            "if_it_fails",
            "if_it_is_abused",
            "is_third_party",
            "stream_name",
            "own_restore",
            "backup_every",
            "retired_on",
            "custom",
        )
        read_only_fields = fields


class AssetFactsIn(serializers.Serializer[None]):
    """What may be said about an asset."""

    name = serializers.CharField(max_length=160)
    kind = serializers.ChoiceField(choices=AssetKind.choices)
    site = serializers.SlugRelatedField(
        slug_field="code", queryset=Site.objects.none(), required=False, allow_null=True
    )
    unit = serializers.SlugRelatedField(
        slug_field="code", queryset=Unit.objects.in_use(), required=False, allow_null=True
    )
    business_owner = serializers.SlugRelatedField(
        slug_field="username", queryset=User.objects.filter(is_active=True), required=False
    )
    technical_owner = serializers.SlugRelatedField(
        slug_field="username", queryset=User.objects.filter(is_active=True), required=False
    )
    criticality = serializers.ChoiceField(choices=Criticality.choices, required=False)
    description = serializers.CharField(required=False, allow_blank=True)
    if_it_fails = serializers.CharField(required=False, allow_blank=True)
    if_it_is_abused = serializers.CharField(required=False, allow_blank=True)
    is_third_party = serializers.BooleanField(required=False)
    stream_name = serializers.CharField(required=False, allow_blank=True, max_length=80)
    own_restore = SecondsField(required=False, allow_null=True)
    backup_every = SecondsField(required=False, allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        """Only sites that the caller may see can be named."""
        fields = super().get_fields()
        request = self.context.get("request")
        if request is not None:
            site: Any = fields["site"]
            site.queryset = Site.objects.visible_to(request.user)
        return fields


class AssetIn(AssetFactsIn):
    """What it takes to add an asset."""

    code = serializers.RegexField(r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=40)


class RetireIn(serializers.Serializer[None]):
    """What it takes to retire something."""

    reason = serializers.CharField()


class AssetViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Asset]
):
    """List, read, add, edit, retire; what an outage does."""

    serializer_class = AssetOut
    lookup_field = "code"
    lookup_value_regex = "[A-Za-z0-9._-]+"
    filterset_fields = {
        "kind": ["exact"],
        "criticality": ["exact", "lte"],
        "site__code": ["exact"],
        "unit__code": ["exact"],
    }
    ordering_fields = ("code", "name", "criticality")
    search_fields = ("code", "name")
    queryset = Asset.objects.none()
    action_permissions = {
        "list": "assets.view_asset",
        "retrieve": "assets.view_asset",
        "create": "assets.run_asset",
        "edit": "assets.run_asset",
        "retire": "assets.run_asset",
        "impact": "assets.view_impactanalysis",
        "answer_impact": "assets.answer_impact",
    }

    def get_queryset(self) -> QuerySet[Asset]:
        """Only what the caller may see."""
        return Asset.objects.visible_to(caller(self.request)).for_list().order_by("code")

    @extend_schema(request=AssetIn, responses={201: AssetOut})
    def create(self, request: Request) -> Response:
        """Put something the business runs on on the map."""
        body = AssetIn(data=request.data, context={"request": request})
        body.is_valid(raise_exception=True)
        facts = dict(body.validated_data)
        code = facts.pop("code")
        asset = add_asset(code=code, facts=facts, actor=caller(request), at=timezone.now())
        return Response(AssetOut(asset).data, status=201)

    @extend_schema(request=AssetFactsIn, responses=AssetOut)
    @action(detail=True, methods=["post"])
    def edit(self, request: Request, code: str) -> Response:
        """Correct some of what is known about an asset."""
        body = AssetFactsIn(data=request.data, context={"request": request}, partial=True)
        body.is_valid(raise_exception=True)
        asset = edit_asset(
            asset=self.get_object(),
            facts=body.validated_data,
            actor=caller(request),
            at=timezone.now(),
        )
        return Response(AssetOut(asset).data)

    @extend_schema(request=RetireIn, responses=AssetOut)
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, code: str) -> Response:
        """Take an asset out of use."""
        body = RetireIn(data=request.data)
        body.is_valid(raise_exception=True)
        at = timezone.now()
        asset = retire_asset(
            asset=self.get_object(),
            **body.validated_data,
            on=at.date(),
            actor=caller(request),
            at=at,
        )
        return Response(AssetOut(asset).data)

    @extend_schema(responses=ImpactOut)
    @action(detail=True, methods=["get"])
    def impact(self, request: Request, code: str) -> Response:
        """What an outage of this asset does, as its owner answered."""
        analysis = ImpactAnalysis.objects.select_related("answered_by")
        return Response(ImpactOut(get_object_or_404(analysis, asset=self.get_object())).data)

    @extend_schema(request=ImpactIn, responses=ImpactOut)
    @action(detail=True, methods=["post"], url_path="answer-impact")
    def answer_impact(self, request: Request, code: str) -> Response:
        """Say what an outage does as time goes by; the first intolerable moment is derived."""
        asset = self.get_object()
        body = ImpactIn(data=request.data)
        body.is_valid(raise_exception=True)
        facts, points = body.answers()
        analysis = answer_impact(
            asset=asset, facts=facts, points=points, actor=caller(request), at=timezone.now()
        )
        return Response(ImpactOut(analysis).data)
