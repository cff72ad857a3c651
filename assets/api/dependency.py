"""The dependency door of the API."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from assets.api.caller import caller
from assets.models import Asset, Dependency, DependencyKind
from assets.services.dependency import change_dependency, link_assets, unlink_assets


class DependencyOut(serializers.ModelSerializer[Dependency]):
    """How an arrow looks from outside."""

    asset = serializers.SlugRelatedField[Asset](slug_field="code", read_only=True)
    depends_on = serializers.SlugRelatedField[Asset](slug_field="code", read_only=True)

    class Meta:
        model = Dependency
        fields = ("id", "asset", "depends_on", "kind", "group", "needed")
        read_only_fields = fields


class LinkIn(serializers.Serializer[None]):
    """What it takes to draw an arrow."""

    asset = serializers.SlugRelatedField(slug_field="code", queryset=Asset.objects.none())
    depends_on = serializers.SlugRelatedField(slug_field="code", queryset=Asset.objects.none())
    kind = serializers.ChoiceField(choices=DependencyKind.choices)
    group = serializers.CharField(required=False, allow_blank=True, max_length=40)
    needed = serializers.IntegerField(required=False, min_value=1, max_value=1000)

    def get_fields(self) -> dict[str, Any]:
        """Only assets that the caller may see can be named."""
        fields = super().get_fields()
        request = self.context.get("request")
        if request is not None:
            for name in ("asset", "depends_on"):
                field: Any = fields[name]
                field.queryset = Asset.objects.visible_to(request.user).in_use()
        return fields


class ChangeIn(serializers.Serializer[None]):
    """What may be said otherwise about an arrow."""

    kind = serializers.ChoiceField(choices=DependencyKind.choices, required=False)
    group = serializers.CharField(required=False, allow_blank=True, max_length=40)
    needed = serializers.IntegerField(required=False, min_value=1, max_value=1000)


class DependencyViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Dependency]
):
    """List, read, link, change, unlink."""

    serializer_class = DependencyOut
    filterset_fields = ("kind", "asset__code", "depends_on__code")
    ordering_fields = ("id", "kind")
    queryset = Dependency.objects.none()
    action_permissions = {
        "list": "assets.view_dependency",
        "retrieve": "assets.view_dependency",
        "create": "assets.run_asset",
        "change": "assets.run_asset",
        "unlink": "assets.run_asset",
    }

    def get_queryset(self) -> QuerySet[Dependency]:
        """Only arrows between assets the caller may see."""
        return Dependency.objects.visible_to(caller(self.request)).for_list().order_by("pk")

    @extend_schema(request=LinkIn, responses={201: DependencyOut})
    def create(self, request: Request) -> Response:
        """Draw an arrow from an asset to what it needs."""
        body = LinkIn(data=request.data, context={"request": request})
        body.is_valid(raise_exception=True)
        arrow = link_assets(**body.validated_data, actor=caller(request), at=timezone.now())
        return Response(DependencyOut(arrow).data, status=201)

    @extend_schema(request=ChangeIn, responses=DependencyOut)
    @action(detail=True, methods=["post"])
    def change(self, request: Request, pk: str) -> Response:
        """Say otherwise how much the asset needs the other one; what is left out stays."""
        body = ChangeIn(data=request.data)
        body.is_valid(raise_exception=True)
        arrow = change_dependency(
            dependency=self.get_object(),
            **body.validated_data,
            actor=caller(request),
            at=timezone.now(),
        )
        return Response(DependencyOut(arrow).data)

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["post"])
    def unlink(self, request: Request, pk: str) -> Response:
        """Take an arrow away."""
        unlink_assets(dependency=self.get_object(), actor=caller(request), at=timezone.now())
        return Response(status=204)
