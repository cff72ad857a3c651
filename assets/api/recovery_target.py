"""The recovery target door of the API."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from assets.api.caller import SecondsField, caller
from assets.models import Achievement, AchievementSource, Asset, Measure, RecoveryTarget
from assets.services.achievement import record_achievement
from assets.services.recovery_target import set_target
from bcp_portal.accounts.models import User


class RecoveryTargetOut(serializers.ModelSerializer[RecoveryTarget]):
    """How a target looks from outside: durations in seconds, null is unknown."""

    asset = serializers.SlugRelatedField[Asset](slug_field="code", read_only=True)
    set_by = serializers.SlugRelatedField[User](slug_field="username", read_only=True)
    rto = SecondsField(read_only=True)
    rpo = SecondsField(read_only=True)
    mtpd = SecondsField(read_only=True)
    wrt = SecondsField(read_only=True)

    class Meta:
        model = RecoveryTarget
        fields = ("asset", "rto", "rpo", "mtpd", "wrt", "mbco", "set_by", "set_at")
        read_only_fields = fields


class TargetIn(serializers.Serializer[None]):
    """What it takes to set a target."""

    asset = serializers.SlugRelatedField(slug_field="code", queryset=Asset.objects.none())
    rto = SecondsField(allow_null=True)
    rpo = SecondsField(allow_null=True)
    mtpd = SecondsField(required=False, allow_null=True)
    wrt = SecondsField(required=False, allow_null=True)
    mbco = serializers.CharField(required=False, allow_blank=True)
    reason = serializers.CharField()

    def get_fields(self) -> dict[str, Any]:
        """Only assets that the caller may see can be named."""
        fields = super().get_fields()
        request = self.context.get("request")
        if request is not None:
            asset: Any = fields["asset"]
            asset.queryset = Asset.objects.visible_to(request.user).in_use()
        return fields


class AchievementIn(serializers.Serializer[None]):
    """What it takes to record a measured recovery."""

    measure = serializers.ChoiceField(choices=Measure.choices)
    source_kind = serializers.ChoiceField(choices=AchievementSource.choices)
    source_code = serializers.CharField(max_length=40)
    achieved = SecondsField()
    happened_at = serializers.DateTimeField()


class AchievementOut(serializers.ModelSerializer[Achievement]):
    """How a measured recovery looks from outside."""

    achieved = SecondsField(read_only=True)
    target = SecondsField(read_only=True)

    class Meta:
        model = Achievement
        fields = (
            "measure",
            "source_kind",
            "source_code",
            "achieved",
            "target",
            "is_met",
            "happened_at",
        )
        read_only_fields = fields


class RecoveryTargetViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[RecoveryTarget]
):
    """List, read, set, and record what was achieved; addressed by the asset's code."""

    serializer_class = RecoveryTargetOut
    lookup_field = "asset__code"
    lookup_url_kwarg = "code"
    lookup_value_regex = "[A-Za-z0-9._-]+"
    ordering_fields = ("asset__code", "rto", "rpo")
    search_fields = ("asset__code", "asset__name")
    queryset = RecoveryTarget.objects.none()
    action_permissions = {
        "list": "assets.view_recoverytarget",
        "retrieve": "assets.view_recoverytarget",
        "create": "assets.set_target",
        "record": "assets.record_achievement",
    }

    def get_queryset(self) -> QuerySet[RecoveryTarget]:
        """Only targets of assets the caller may see."""
        rows = RecoveryTarget.objects.visible_to(caller(self.request))
        return rows.for_list().order_by("asset__code")

    @extend_schema(request=TargetIn, responses={201: RecoveryTargetOut})
    def create(self, request: Request) -> Response:
        """Set (or set anew) the target of an asset."""
        body = TargetIn(data=request.data, context={"request": request})
        body.is_valid(raise_exception=True)
        target = set_target(**body.validated_data, actor=caller(request), at=timezone.now())
        return Response(RecoveryTargetOut(target).data, status=201)

    @extend_schema(request=AchievementIn, responses={201: AchievementOut})
    @action(detail=True, methods=["post"])
    def record(self, request: Request, code: str) -> Response:
        """Record what a recovery of the asset really took."""
        body = AchievementIn(data=request.data)
        body.is_valid(raise_exception=True)
        found = record_achievement(
            asset=self.get_object().asset,
            **body.validated_data,
            actor=caller(request),
            at=timezone.now(),
        )
        return Response(AchievementOut(found).data, status=201)
