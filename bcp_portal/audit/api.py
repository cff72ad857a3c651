"""The door of the API to the trail: read only, as the trail itself."""

from django.db.models import QuerySet
from rest_framework import mixins, serializers, viewsets
from rest_framework.routers import BaseRouter

from bcp_portal.audit.models import AuditRow


class AuditRowOut(serializers.ModelSerializer[AuditRow]):
    """A row as it was written, with its place in the chain."""

    class Meta:
        model = AuditRow
        fields = (
            "seq",
            "at",
            "actor_name",
            "action",
            "object_kind",
            "object_id",
            "object_code",
            "reason",
            "prev_hash",
            "hash",
        )
        read_only_fields = fields


class AuditViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[AuditRow]
):
    """List and read, newest first; the fields before and after are on the pages and the export."""

    serializer_class = AuditRowOut
    filterset_fields = {
        "action": ["exact"], "object_kind": ["exact"], "object_code": ["exact"],
        "at": ["gte", "lte"], "seq": ["gt", "lte"],
    }  # fmt: skip
    ordering_fields = ("seq",)
    queryset = AuditRow.objects.none()
    action_permissions = {"list": "audit.view_auditrow", "retrieve": "audit.view_auditrow"}

    def get_queryset(self) -> QuerySet[AuditRow]:
        """Only what the caller may see."""
        return AuditRow.objects.visible_to(self.request.user).order_by("-seq")


def register(router: BaseRouter) -> None:
    """Add this room's doors to the one router."""
    router.register("audit", AuditViewSet, basename="audit")
