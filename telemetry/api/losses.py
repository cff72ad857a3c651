"""The loss door of the API: report a device lost or damaged, read the reports, settle them."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from assets.api.caller import caller
from bcp_portal.accounts.models import User
from telemetry.models import Device, DeviceLoss
from telemetry.models.device_loss import LossKind, LossOutcome
from telemetry.services.device_loss import Cleaning, report_loss, settle_loss

ENDS = [one for one in LossOutcome.choices if one[0] != LossOutcome.OPEN]


class DeviceLossOut(serializers.ModelSerializer[DeviceLoss]):
    """A report, its clock in working hours of the site, and how it ended."""

    site = serializers.CharField(source="device.site.code", read_only=True)
    node_id = serializers.UUIDField(source="device.node_id", read_only=True)
    device = serializers.CharField(source="device.name", read_only=True)
    reported_by = serializers.SlugRelatedField[User](slug_field="username", read_only=True)
    settled_by = serializers.SlugRelatedField[User](slug_field="username", read_only=True)
    is_late = serializers.BooleanField(read_only=True)

    class Meta:
        model = DeviceLoss
        fields = (
            "id", "site", "node_id", "device", "kind", "reason", "noticed_at", "reported_at",
            "reported_by", "worked_h", "limit_h", "is_late", "outcome", "note", "cleaned_by",
            "cleaned_at", "cleaned_how", "settled_by", "settled_at",
        )  # fmt: skip
        read_only_fields = fields


class LossReportIn(serializers.Serializer[None]):
    """Which device is gone or damaged; without `noticed_at` it was noticed just now."""

    node_id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=LossKind.choices, default=LossKind.LOST)
    noticed_at = serializers.DateTimeField(required=False)
    reason = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class LossSettleIn(serializers.Serializer[None]):
    """How a report ended; a device of a health site goes to repair only with its cleaning."""

    outcome = serializers.ChoiceField(choices=ENDS)
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    cleaned_by = serializers.CharField(max_length=120, required=False, allow_blank=True)
    cleaned_at = serializers.DateTimeField(required=False)
    cleaned_how = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class DeviceLossViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[DeviceLoss]
):
    """Report a device lost or damaged, which shuts it out at once; list, read and settle."""

    serializer_class = DeviceLossOut
    queryset = DeviceLoss.objects.none()
    filterset_fields = ("kind", "outcome", "device__site__code")
    search_fields = ("device__name", "device__site__code")
    ordering_fields = ("noticed_at", "reported_at", "worked_h")
    action_permissions = {
        "list": "telemetry.view_device",
        "retrieve": "*",
        "create": "*",
        "settle": "telemetry.enrol_device",
    }

    def get_queryset(self) -> QuerySet[DeviceLoss]:
        """Those of the caller's sites, and the caller's own."""
        return DeviceLoss.objects.visible_to(caller(self.request)).for_list().order_by("-pk")

    @extend_schema(request=LossReportIn, responses={201: DeviceLossOut})
    def create(self, request: Request) -> Response:
        """Report a device of one's own sites: its token opens nothing from the answer on."""
        said, at = _asked(request, LossReportIn), timezone.now()
        mine = Device.objects.visible_to(caller(request)).in_service().for_list()
        loss = report_loss(
            device=get_object_or_404(mine, node_id=said["node_id"]),
            kind=LossKind(said["kind"]),
            noticed_at=said.get("noticed_at", at),
            reason=said.get("reason", ""),
            actor=caller(request),
            at=at,
        )
        return Response(DeviceLossOut(loss).data, status=201)

    @extend_schema(request=LossSettleIn, responses=DeviceLossOut)
    @action(detail=True, methods=["post"])
    def settle(self, request: Request, pk: str) -> Response:
        """Say how a report ended."""
        said = _asked(request, LossSettleIn)
        loss = settle_loss(
            loss=self.get_object(),
            outcome=LossOutcome(said["outcome"]),
            note=said.get("note", ""),
            cleaning=Cleaning(
                said.get("cleaned_by", ""), said.get("cleaned_at"), said.get("cleaned_how", "")
            ),
            actor=caller(request),
            at=timezone.now(),
        )
        return Response(DeviceLossOut(loss).data)


def _asked(request: Request, form: type[serializers.Serializer[None]]) -> dict[str, Any]:
    body = form(data=request.data)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)
