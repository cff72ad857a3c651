"""The control door of the API."""

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
from risks.forms.control import RESULTS
from risks.models import Control, ControlKind, ControlNature
from risks.services.control import introduce_control, record_control_test, withdraw_control


class ControlOut(serializers.ModelSerializer[Control]):
    """How a control looks from outside."""

    owner = serializers.SlugRelatedField[User](slug_field="username", read_only=True)

    class Meta:
        model = Control
        fields = (
            "code",
            "name",
            "kind",
            "nature",
            "description",
            "owner",
            "design",
            "effectiveness",
            "tested_on",
            "withdrawn_on",
        )
        read_only_fields = fields


class ControlIn(serializers.Serializer[None]):
    """What it takes to introduce a control."""

    name = serializers.CharField(max_length=160)
    kind = serializers.ChoiceField(choices=ControlKind.choices)
    nature = serializers.ChoiceField(choices=ControlNature.choices)
    description = serializers.CharField(required=False, allow_blank=True)
    owner = serializers.SlugRelatedField(
        slug_field="username", queryset=User.objects.filter(is_active=True), required=False
    )


class ControlTestIn(serializers.Serializer[None]):
    """What a test of a control showed."""

    effectiveness = serializers.ChoiceField(choices=RESULTS)
    design = serializers.ChoiceField(choices=RESULTS, required=False)
    note = serializers.CharField()
    tested_on = serializers.DateField(required=False)


class ControlViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Control]
):
    """List, read, introduce, test, withdraw."""

    serializer_class = ControlOut
    lookup_field = "code"
    lookup_value_regex = "[A-Za-z0-9._-]+"
    filterset_fields = ("kind", "nature", "effectiveness")
    ordering_fields = ("code", "name", "tested_on")
    search_fields = ("code", "name")
    queryset = Control.objects.none()
    action_permissions = {
        "list": "risks.view_control",
        "retrieve": "risks.view_control",
        "create": "risks.run_control",
        "test": "risks.run_control",
        "withdraw": "risks.run_control",
    }

    def get_queryset(self) -> QuerySet[Control]:
        """The catalogue is shared."""
        return Control.objects.visible_to(caller(self.request)).for_list().order_by("code")

    @extend_schema(request=ControlIn, responses={201: ControlOut})
    def create(self, request: Request) -> Response:
        """Put a measure into the catalogue."""
        body = ControlIn(data=request.data)
        body.is_valid(raise_exception=True)
        control = introduce_control(
            facts=body.validated_data, actor=caller(request), at=timezone.now()
        )
        return Response(ControlOut(control).data, status=201)

    @extend_schema(request=ControlTestIn, responses=ControlOut)
    @action(detail=True, methods=["post"])
    def test(self, request: Request, code: str) -> Response:
        """Say what a test of the control showed."""
        body = ControlTestIn(data=request.data)
        body.is_valid(raise_exception=True)
        control = record_control_test(
            control=self.get_object(),
            **body.validated_data,
            actor=caller(request),
            at=timezone.now(),
        )
        return Response(ControlOut(control).data)

    @extend_schema(request=RetireIn, responses=ControlOut)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, code: str) -> Response:
        """Say that a measure is no longer in place."""
        body = RetireIn(data=request.data)
        body.is_valid(raise_exception=True)
        control = withdraw_control(
            control=self.get_object(),
            **body.validated_data,
            actor=caller(request),
            at=timezone.now(),
        )
        return Response(ControlOut(control).data)
