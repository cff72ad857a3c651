"""The conflict door of the API: for the technical role alone, and each reading is noted."""

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
from bcp_portal.audit.verbs import record_access
from telemetry.conflicts.choosing import side_of_source
from telemetry.conflicts.reading import read_case
from telemetry.models import ConflictCase, ConflictDecision, ConflictSite, ConflictVersion
from telemetry.models.conflict_decision import ReviewFinding
from telemetry.services.conflict_decision import (
    confirm_decision,
    decide_conflict,
    refuse_decision,
    reopen_conflict,
    review_decision,
    take_conflict,
)


class ConflictVersionOut(serializers.ModelSerializer[ConflictVersion]):
    """One side of a conflict."""

    class Meta:
        model = ConflictVersion
        fields = (
            "mark", "source", "rev", "values", "values_digest", "hlc", "written_ms",
            "uncertainty_ms", "is_jumped", "role", "base",
        )  # fmt: skip
        read_only_fields = fields


class PlaceOut(serializers.ModelSerializer[ConflictSite]):
    """A site and what it knows of the decision."""

    site = serializers.CharField(source="site.code", read_only=True)

    class Meta:
        model = ConflictSite
        fields = ("site", "state", "sent_at", "reported_at")
        read_only_fields = fields


class ConflictDecisionOut(serializers.ModelSerializer[ConflictDecision]):
    """What was decided."""

    decided_by = serializers.SlugRelatedField[User](slug_field="username", read_only=True)
    confirmed_by = serializers.SlugRelatedField[User](slug_field="username", read_only=True)

    class Meta:
        model = ConflictDecision
        fields = (
            "uid", "state", "values", "digest", "rules", "reason", "is_automatic", "is_bulk",
            "needs_second", "decided_by", "decided_at", "confirmed_by", "confirmed_at",
        )  # fmt: skip
        read_only_fields = fields


class ConflictOut(serializers.ModelSerializer[ConflictCase]):
    """A case without the values of its sides."""

    owner = serializers.SlugRelatedField[User](slug_field="username", read_only=True)
    sites = PlaceOut(source="places", many=True, read_only=True)

    class Meta:
        model = ConflictCase
        fields: tuple[str, ...] = (
            "code", "entity", "key", "state", "why", "is_critical", "needs_second", "detected_at",
            "due_at", "owner", "escalations", "settled_at", "version", "sites",
        )  # fmt: skip
        read_only_fields = fields


class ConflictFullOut(ConflictOut):
    """A case with both sides and every decision."""

    versions = ConflictVersionOut(many=True, read_only=True)
    decisions = ConflictDecisionOut(many=True, read_only=True)

    class Meta(ConflictOut.Meta):
        fields = (*ConflictOut.Meta.fields, "versions", "decisions")
        read_only_fields = fields


class ConflictReasonIn(serializers.Serializer[None]):
    """A reason, and the version of the case that its maker looked at."""

    reason = serializers.CharField(max_length=500)
    seen = serializers.IntegerField(required=False, min_value=1)


class SeenIn(serializers.Serializer[None]):
    """The version of the case that was looked at."""

    seen = serializers.IntegerField(required=False, min_value=1)


class ConflictDecideIn(ConflictReasonIn):
    """A word for each field (`rule`, `ancestor`, `v:<mark>`, `typed`), or one source for all."""

    choices = serializers.DictField(child=serializers.CharField(max_length=30), required=False)
    typed = serializers.DictField(child=serializers.JSONField(), required=False)
    all_from = serializers.CharField(max_length=128, required=False)


class FindingIn(serializers.Serializer[None]):
    """What a second look found."""

    finding = serializers.ChoiceField(choices=ReviewFinding.choices)
    reason = serializers.CharField(max_length=500)


class ConflictViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[ConflictCase]
):
    """List, read, take, decide, confirm, refuse, reopen, review; sites open them, not callers."""

    serializer_class = ConflictOut
    lookup_field = "code"
    queryset = ConflictCase.objects.none()
    filterset_fields = {
        "state": ["exact", "in"],
        "why": ["exact"],
        "entity": ["exact"],
        "due_at": ["lte"],
        "is_critical": ["exact"],
        "needs_second": ["exact"],
    }
    ordering_fields = ("detected_at", "due_at")
    search_fields = ("code", "entity", "key")
    action_permissions = {
        "list": "telemetry.see_conflict_values",
        "retrieve": "telemetry.see_conflict_values",
        "take": "telemetry.decide_conflict",
        "decide": "telemetry.decide_conflict",
        "confirm": "telemetry.decide_conflict",
        "refuse": "telemetry.decide_conflict",
        "reopen": "telemetry.decide_conflict",
        "review": "telemetry.decide_conflict",
    }

    def get_queryset(self) -> QuerySet[ConflictCase]:
        """Only what the caller may see."""
        return ConflictCase.objects.visible_to(caller(self.request)).for_list().order_by("-pk")

    @extend_schema(responses=ConflictFullOut)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Read a case with its sides; that somebody did is noted."""
        case = self.get_object()
        record_access(action="conflict.read", obj=case, actor=caller(request), at=timezone.now())
        return Response(ConflictFullOut(case).data)

    @extend_schema(request=None, responses=ConflictOut)
    @action(detail=True, methods=["post"])
    def take(self, request: Request, code: str) -> Response:
        """Look after it oneself."""
        take_conflict(case=self.get_object(), actor=caller(request), at=timezone.now())
        return self._answer()

    @extend_schema(request=ConflictDecideIn, responses=ConflictOut)
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, code: str) -> Response:
        """Say what the record shall be."""
        case, said = self.get_object(), _asked(request, ConflictDecideIn)
        choices = said.pop("choices", {})
        if source := said.pop("all_from", ""):
            choices = side_of_source(read_case(case), source) | choices
        decide_conflict(
            case=case, choices=choices, actor=caller(request), at=timezone.now(), **said
        )
        return self._answer()

    @extend_schema(request=SeenIn, responses=ConflictOut)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, code: str) -> Response:
        """Confirm as second person."""
        said = _asked(request, SeenIn)
        confirm_decision(case=self.get_object(), actor=caller(request), at=timezone.now(), **said)
        return self._answer()

    @extend_schema(request=ConflictReasonIn, responses=ConflictOut)
    @action(detail=True, methods=["post"])
    def refuse(self, request: Request, code: str) -> Response:
        """Send a proposed decision back."""
        said = _asked(request, ConflictReasonIn)
        refuse_decision(case=self.get_object(), actor=caller(request), at=timezone.now(), **said)
        return self._answer()

    @extend_schema(request=ConflictReasonIn, responses=ConflictOut)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, code: str) -> Response:
        """Take a decision back while the sites do not all agree."""
        said = _asked(request, ConflictReasonIn)
        reopen_conflict(case=self.get_object(), actor=caller(request), at=timezone.now(), **said)
        return self._answer()

    @extend_schema(request=FindingIn, responses=ConflictOut)
    @action(detail=True, methods=["post"])
    def review(self, request: Request, code: str) -> Response:
        """Say whether a drawn bulk decision was right."""
        case, said = self.get_object(), _asked(request, FindingIn)
        waiting = ConflictDecision.objects.visible_to(caller(request)).to_review()
        decision = get_object_or_404(waiting, case=case)
        review_decision(decision=decision, actor=caller(request), at=timezone.now(), **said)
        return self._answer()

    def _answer(self) -> Response:
        return Response(ConflictOut(self.get_object()).data)


def _asked(request: Request, form: type[serializers.Serializer[None]]) -> dict[str, Any]:
    """The body of a request, checked; bad input is answered with 400 by field."""
    body = form(data=request.data)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)
