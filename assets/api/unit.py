"""The door of organisational units in the API: what other programs may name."""

from django.db.models import QuerySet
from rest_framework import mixins, serializers, viewsets

from assets.api.caller import caller
from assets.models import Unit


class UnitOut(serializers.ModelSerializer[Unit]):
    """How a unit looks from outside."""

    class Meta:
        model = Unit
        fields = ("code", "name", "name_id", "retired_on")
        read_only_fields = fields


class UnitViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Unit]):
    """List and read."""

    serializer_class = UnitOut
    lookup_field = "code"
    lookup_value_regex = "[A-Za-z0-9-]+"
    filterset_fields = {"retired_on": ["isnull"]}
    ordering_fields = ("code", "name")
    search_fields = ("code", "name", "name_id")
    queryset = Unit.objects.none()
    action_permissions = {"list": "assets.view_unit", "retrieve": "assets.view_unit"}

    def get_queryset(self) -> QuerySet[Unit]:
        """Only what the caller may see."""
        return Unit.objects.visible_to(caller(self.request)).order_by("code")
