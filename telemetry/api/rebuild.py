"""Rebuilds of the centre as programs read them, with the coverage in numbers."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import mixins, serializers, viewsets

from bcp_portal.accounts.models import User
from telemetry.models import Rebuild
from telemetry.rebuilding.coverage import coverage


class RebuildOut(serializers.ModelSerializer[Rebuild]):
    """How a rebuild looks from outside."""

    opened_by = serializers.CharField(source="opened_by.username", read_only=True)
    closed_by = serializers.CharField(
        source="closed_by.username", read_only=True, allow_null=True, default=None
    )

    class Meta:
        model = Rebuild
        fields = [
            "code",
            "reason",
            "restored_to",
            "lost_at",
            "opened_by",
            "opened_at",
            "closed_by",
            "closed_at",
            "note",
            "figures",
        ]
        read_only_fields = fields


class RebuildDetailOut(RebuildOut):
    """One rebuild with what the sites hold now."""

    coverage = serializers.SerializerMethodField()

    class Meta(RebuildOut.Meta):
        fields = [*RebuildOut.Meta.fields, "coverage"]
        read_only_fields = fields

    def get_coverage(self, row: Rebuild) -> dict[str, Any]:
        """Steps by what is known of them, and what nobody holds."""
        return coverage(row, user=self.context["request"].user).as_json()


class RebuildViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Rebuild]
):
    """What the centre lost, and who still holds it."""

    serializer_class = RebuildOut
    lookup_field = "code"
    queryset = Rebuild.objects.none()
    search_fields = ["code", "reason"]
    ordering_fields = ["number", "lost_at"]
    action_permissions = {"list": "telemetry.view_order", "retrieve": "telemetry.view_order"}

    def get_queryset(self) -> QuerySet[Rebuild]:
        """Known to everybody who may look at orders."""
        user = self.request.user
        assert isinstance(user, User)
        return Rebuild.objects.visible_to(user).for_list().order_by("-number")

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Rebuild]]:
        """The picture only for one."""
        return RebuildDetailOut if self.action == "retrieve" else RebuildOut
