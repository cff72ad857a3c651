"""The report door of the API: what was made, for whom, and its hash."""

from django.db.models import QuerySet
from rest_framework import mixins, serializers, viewsets
from rest_framework.routers import BaseRouter

from bcp_portal.accounts.models import User
from bcp_portal.reports.models import ReportFile


class ReportOut(serializers.ModelSerializer[ReportFile]):
    """How a report looks from outside; the file itself is fetched from its page."""

    code = serializers.CharField(read_only=True)
    requested_by = serializers.SlugRelatedField[User](slug_field="username", read_only=True)

    class Meta:
        model = ReportFile
        fields = (
            "uid",
            "code",
            "kind",
            "title",
            "subject_code",
            "language",
            "as_of",
            "requested_by",
            "status",
            "generated_at",
            "sha256",
            "signed_by",
            "size",
            "pages",
        )
        read_only_fields = fields


class ReportViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[ReportFile]
):
    """List and read."""

    serializer_class = ReportOut
    lookup_field = "uid"
    lookup_value_regex = "[0-9a-f-]{36}"
    filterset_fields = {"kind": ["exact"], "status": ["exact"], "subject_code": ["exact"]}
    ordering_fields = ("as_of", "generated_at")
    queryset = ReportFile.objects.none()
    action_permissions = {
        "list": "reports.request_report",
        "retrieve": "reports.request_report",
    }

    def get_queryset(self) -> QuerySet[ReportFile]:
        """Only what the caller may see."""
        assert isinstance(self.request.user, User)  # ActionPermission has refused the others
        return ReportFile.objects.visible_to(self.request.user).for_list().order_by("-as_of")


def register(router: BaseRouter) -> None:
    """Add this room's doors to the one router."""
    router.register("reports", ReportViewSet, basename="report")
