"""The treatment door of the API."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from assets.api.caller import caller
from bcp_portal.accounts.models import User
from risks.models import MOST_COST, Risk, Treatment, TreatmentAction, TreatmentKind
from risks.services.treatment import (
    add_action,
    drop_action,
    drop_treatment,
    finish_action,
    finish_treatment,
)


class UndertakeIn(serializers.Serializer[None]):
    """Who does something, until when, and what it costs."""

    owner = serializers.SlugRelatedField(
        slug_field="username", queryset=User.objects.filter(is_active=True)
    )
    due_on = serializers.DateField(required=False, allow_null=True)
    cost = serializers.FloatField(required=False, allow_null=True, min_value=0, max_value=MOST_COST)


class TreatIn(UndertakeIn):
    """What it takes to decide what is done about a risk."""

    kind = serializers.ChoiceField(choices=TreatmentKind.choices)
    plan = serializers.CharField()


class ActIn(UndertakeIn):
    """What it takes to write down an action of a treatment."""

    title = serializers.CharField(max_length=300)


class ActionOut(serializers.ModelSerializer[TreatmentAction]):
    """How an action looks from outside."""

    risk = serializers.CharField(source="treatment.risk.code", read_only=True)
    owner = serializers.SlugRelatedField[User](slug_field="username", read_only=True)
    ended_by = serializers.SlugRelatedField[User](
        slug_field="username", read_only=True, allow_null=True
    )

    class Meta:
        model = TreatmentAction
        fields = (
            "id",
            "risk",
            "treatment",
            "position",
            "title",
            "owner",
            "due_on",
            "cost",
            "status",
            "added_at",
            "ended_at",
            "ended_by",
            "note",
        )
        read_only_fields = fields


class TreatmentOut(serializers.ModelSerializer[Treatment]):
    """How a treatment looks from outside."""

    risk = serializers.SlugRelatedField[Risk](slug_field="code", read_only=True)
    owner = serializers.SlugRelatedField[User](slug_field="username", read_only=True)
    actions = ActionOut(many=True, read_only=True)

    class Meta:
        model = Treatment
        fields = (
            "id",
            "risk",
            "kind",
            "plan",
            "owner",
            "due_on",
            "cost",
            "status",
            "decided_at",
            "ended_at",
            "actions",
        )
        read_only_fields = fields


class EndIn(serializers.Serializer[None]):
    """The sentence that is kept with the end of a treatment."""

    note = serializers.CharField()


class EndableViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]
):
    """List, read, finish, drop: what is added at the address of what it belongs to."""

    argument = ""  # what the verbs call the row
    verbs: Mapping[str, Callable[..., Any]] = {}
    action_permissions = {
        "list": "risks.view_risk",
        "retrieve": "risks.view_risk",
        "finish": "risks.run_risk",
        "drop": "risks.run_risk",
    }

    def _end(self, request: Request) -> Response:
        body = EndIn(data=request.data)
        body.is_valid(raise_exception=True)
        row = {self.argument: self.get_object()}
        ended = self.verbs[self.action](
            **row, **body.validated_data, actor=caller(request), at=timezone.now()
        )
        return Response(self.get_serializer(ended).data)

    @extend_schema(request=EndIn)
    @action(detail=True, methods=["post"])
    def finish(self, request: Request, pk: str) -> Response:
        """Say that it is done."""
        return self._end(request)

    @extend_schema(request=EndIn)
    @action(detail=True, methods=["post"])
    def drop(self, request: Request, pk: str) -> Response:
        """Say that it will not come, and why."""
        return self._end(request)


class TreatmentViewSet(EndableViewSet):
    """List, read, finish, drop; a treatment is decided at the address of its risk."""

    argument = "treatment"
    verbs = {"finish": finish_treatment, "drop": drop_treatment}
    serializer_class = TreatmentOut
    filterset_fields = {
        "risk__code": ["exact"],
        "status": ["exact"],
        "owner__username": ["exact"],
        "due_on": ["lte", "isnull"],
    }
    ordering_fields = ("due_on", "decided_at")
    queryset = Treatment.objects.none()
    action_permissions = EndableViewSet.action_permissions | {"act": "risks.run_risk"}

    def get_queryset(self) -> QuerySet[Treatment]:
        """Only those of risks that the caller may see."""
        seen = Treatment.objects.visible_to(caller(self.request))
        return seen.for_list().with_actions().order_by("-pk")

    @extend_schema(request=ActIn, responses={201: ActionOut})
    @action(detail=True, methods=["post"], url_path="actions")
    def act(self, request: Request, pk: str) -> Response:
        """Write down one thing to be done so that the treatment comes true."""
        body = ActIn(data=request.data)
        body.is_valid(raise_exception=True)
        added = add_action(
            treatment=self.get_object(),
            **body.validated_data,
            actor=caller(request),
            at=timezone.now(),
        )
        return Response(ActionOut(added).data, status=201)


class TreatmentActionViewSet(EndableViewSet):
    """List, read, finish, drop; an action is added at the address of its treatment."""

    argument = "action"
    verbs = {"finish": finish_action, "drop": drop_action}
    serializer_class = ActionOut
    filterset_fields = {
        "treatment__risk__code": ["exact"],
        "status": ["exact"],
        "owner__username": ["exact"],
        "due_on": ["lt", "lte", "isnull"],
    }
    ordering_fields = ("due_on", "added_at")
    queryset = TreatmentAction.objects.none()

    def get_queryset(self) -> QuerySet[TreatmentAction]:
        """Only those of risks that the caller may see."""
        return TreatmentAction.objects.visible_to(caller(self.request)).for_list().order_by("-pk")
