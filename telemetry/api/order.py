"""Orders as programs read them; giving one takes a person with a fresh sign-in."""

from django.db.models import QuerySet
from rest_framework import mixins, serializers, viewsets

from bcp_portal.accounts.models import User
from telemetry.models import Order, OrderSite
from telemetry.ordering.board import for_board


class OrderSiteOut(serializers.ModelSerializer[OrderSite]):
    """A site that an order is for."""

    site = serializers.CharField(source="site.code", read_only=True)

    class Meta:
        model = OrderSite
        fields = ["site", "ended_at"]
        read_only_fields = fields


class OrderOut(serializers.ModelSerializer[Order]):
    """How an order looks from outside."""

    requested_by = serializers.CharField(source="requested_by.username", read_only=True)
    confirmed_by = serializers.CharField(
        source="confirmed_by.username", read_only=True, allow_null=True, default=None
    )
    lifts = serializers.CharField(source="lifts.code", read_only=True, default=None)
    not_applied = serializers.IntegerField(source="behind_count", read_only=True)
    reachable_not_applied = serializers.IntegerField(source="red_count", read_only=True)

    class Meta:
        model = Order
        fields = [
            "code",
            "action",
            "status",
            "approval_class",
            "streams",
            "site_count",
            "not_applied",
            "reachable_not_applied",
            "reason",
            "authority",
            "incident_code",
            "lifts",
            "digest",
            "requested_by",
            "requested_at",
            "not_before",
            "expires_at",
            "on_expiry",
            "in_force_at",
            "ended_at",
            "confirmed_by",
            "confirmed_at",
            "is_overdue",
            "is_break_glass",
            "reviewed_at",
        ]
        read_only_fields = fields


class OrderDetailOut(OrderOut):
    """One order with its sites."""

    targets = OrderSiteOut(many=True, read_only=True)

    class Meta(OrderOut.Meta):
        fields = [*OrderOut.Meta.fields, "targets"]
        read_only_fields = fields


class OrderViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Order]
):
    """Orders to sites, and how far they have come."""

    serializer_class = OrderOut
    lookup_field = "code"
    queryset = Order.objects.none()
    filterset_fields = ["status", "action", "approval_class", "incident_code", "is_overdue"]
    search_fields = ["code", "reason"]
    ordering_fields = ["number", "requested_at"]
    action_permissions = {"list": "telemetry.view_order", "retrieve": "telemetry.view_order"}

    def get_serializer_class(self) -> type[OrderOut]:
        """One order names its sites, a list only counts them."""
        return OrderDetailOut if self.action == "retrieve" else OrderOut

    def get_queryset(self) -> QuerySet[Order]:
        """Only what the caller may see."""
        assert isinstance(self.request.user, User)  # ActionPermission has refused the others
        rows = for_board(Order.objects.visible_to(self.request.user).for_list())
        return rows.prefetch_related("targets__site").order_by("-number")
