"""The door of continuity plans: write, draft, submit, approve, give back, retire."""

from collections.abc import Callable
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from assets.api.asset import RetireIn
from assets.api.caller import caller
from assets.models import Asset
from bcp_portal.accounts.models import User
from incidents.models import Playbook
from risks.models import Plan, PlanKind, PlanVersion
from risks.plan_sections import LANGUAGES, SECTIONS
from risks.services.plan import (
    approve_draft,
    retire_plan,
    return_draft,
    save_draft,
    submit_draft,
    write_plan,
)


class PlanVersionOut(serializers.ModelSerializer[PlanVersion]):
    """One version with its text; `sha256` binds an approved one to it."""

    written_by = serializers.SlugRelatedField[User](slug_field="username", read_only=True)
    approved_by = serializers.SlugRelatedField[User](slug_field="username", read_only=True)
    sha256 = serializers.CharField(source="digest", read_only=True)

    class Meta:
        model = PlanVersion
        fields = (
            "number",
            "state",
            "texts",
            "change_note",
            "edits",
            "written_by",
            "written_at",
            "approved_by",
            "approved_at",
            "sha256",
        )
        read_only_fields = fields


class PlanOut(serializers.ModelSerializer[Plan]):
    """How a plan looks from outside; its assets as far as the caller may see them."""

    owner = serializers.SlugRelatedField[User](slug_field="username", read_only=True)
    assets = serializers.SlugRelatedField[Asset](slug_field="code", many=True, read_only=True)
    playbooks = serializers.SlugRelatedField[Playbook](slug_field="code", many=True, read_only=True)
    current = serializers.SlugRelatedField[PlanVersion](slug_field="number", read_only=True)

    class Meta:
        model = Plan
        fields: tuple[str, ...] = (
            "code",
            "title",
            "title_id",
            "kind",
            "scenario",
            "scenario_id",
            "owner",
            "assets",
            "playbooks",
            "current",
            "review_on",
            "retired_at",
        )
        read_only_fields = fields


class WholePlanOut(PlanOut):
    """One plan with all its versions, the newest first."""

    versions = PlanVersionOut(many=True, read_only=True)

    class Meta(PlanOut.Meta):
        fields = (*PlanOut.Meta.fields, "versions")
        read_only_fields = fields


class PlanIn(serializers.Serializer[None]):
    """What it takes to begin a plan."""

    title = serializers.CharField(max_length=200)
    title_id = serializers.CharField(max_length=200, required=False, allow_blank=True)
    kind = serializers.ChoiceField(choices=PlanKind.choices)
    scenario = serializers.CharField()
    scenario_id = serializers.CharField(required=False, allow_blank=True)
    owner = serializers.SlugRelatedField(
        slug_field="username", queryset=User.objects.filter(is_active=True)
    )
    review_on = serializers.DateField(required=False, allow_null=True)
    assets = serializers.SlugRelatedField(
        slug_field="code", queryset=Asset.objects.none(), many=True, required=False
    )
    playbooks = serializers.SlugRelatedField(
        slug_field="code",
        queryset=Playbook.objects.filter(retired_at=None),
        many=True,
        required=False,
    )

    def get_fields(self) -> dict[str, Any]:
        """Only assets that the caller may see can be named."""
        fields = super().get_fields()
        request = self.context.get("request")
        if request is not None:
            assets: Any = fields["assets"]
            assets.child_relation.queryset = Asset.objects.visible_to(request.user).in_use()
        return fields


class SectionsIn(serializers.Serializer[None]):
    """The parts of a plan in one language; what is left out is empty."""

    def get_fields(self) -> dict[str, Any]:
        """One text for each part."""
        return {
            name: serializers.CharField(required=False, allow_blank=True, default="")
            for name in SECTIONS
        }


class DraftIn(serializers.Serializer[None]):
    """The text of the next version; `expected` is the `edits` of the draft that was read."""

    en = SectionsIn(required=False)
    id = SectionsIn(required=False)
    change_note = serializers.CharField(required=False, allow_blank=True, max_length=300)
    expected = serializers.IntegerField(required=False, min_value=0)


class WhyBackIn(serializers.Serializer[None]):
    """Why a version goes back to its writer."""

    reason = serializers.CharField()


class PlanViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Plan]):
    """List, read, write, draft, submit, approve, give back, retire."""

    serializer_class = PlanOut
    lookup_field = "code"
    lookup_value_regex = "[A-Za-z0-9._-]+"
    filterset_fields = {"kind": ["exact"], "retired_at": ["isnull"], "review_on": ["lte"]}
    ordering_fields = ("code", "review_on")
    search_fields = ("code", "title", "title_id")
    queryset = Plan.objects.none()
    action_permissions = {
        "list": "risks.view_plan",
        "retrieve": "risks.view_plan",
        "create": "risks.run_plan",
        "draft": "risks.run_plan",
        "submit": "risks.run_plan",
        "approve": "risks.approve_plan",
        "give_back": "risks.approve_plan",
        "retire": "risks.run_plan",
    }

    def get_queryset(self) -> QuerySet[Plan]:
        """Only plans the caller may see, with the assets the caller may see."""
        user = caller(self.request)
        assets = Asset.objects.visible_to(user).order_by("code")
        versions = PlanVersion.objects.select_related("written_by", "approved_by")
        rows = Plan.objects.visible_to(user).for_list()
        return rows.prefetch_related(
            Prefetch("assets", assets),
            "playbooks",
            Prefetch("versions", versions.order_by("-number")),
        ).order_by("code")

    @extend_schema(responses=WholePlanOut)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One plan with its versions."""
        return self._answer(self.get_object())

    @extend_schema(request=PlanIn, responses={201: WholePlanOut})
    def create(self, request: Request) -> Response:
        """Begin a plan with an empty first draft."""
        body = PlanIn(data=request.data, context={"request": request})
        body.is_valid(raise_exception=True)
        facts = dict(body.validated_data)
        links = {name: facts.pop(name, ()) for name in ("assets", "playbooks")}
        plan = write_plan(facts=facts, **links, actor=caller(request), at=timezone.now())
        return self._answer(plan, status=201)

    @extend_schema(request=DraftIn, responses=WholePlanOut)
    @action(detail=True, methods=["post"])
    def draft(self, request: Request, code: str) -> Response:
        """Write the next version; the one in force stays until this one is approved."""
        body = DraftIn(data=request.data)
        body.is_valid(raise_exception=True)
        facts = dict(body.validated_data)
        facts["texts"] = {one: dict(facts.pop(one, {})) for one in LANGUAGES}
        return self._run(save_draft, request, facts)

    @extend_schema(request=None, responses=WholePlanOut)
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, code: str) -> Response:
        """Ask for approval."""
        return self._run(submit_draft, request, {})

    @extend_schema(request=None, responses=WholePlanOut)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, code: str) -> Response:
        """Put the submitted version into force; whoever wrote it cannot."""
        return self._run(approve_draft, request, {})

    @extend_schema(request=WhyBackIn, responses=WholePlanOut)
    @action(detail=True, methods=["post"], url_path="give-back")
    def give_back(self, request: Request, code: str) -> Response:
        """Give a version back to its writer, and say why."""
        body = WhyBackIn(data=request.data)
        body.is_valid(raise_exception=True)
        return self._run(return_draft, request, body.validated_data)

    @extend_schema(request=RetireIn, responses=WholePlanOut)
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, code: str) -> Response:
        """Say that a plan holds no more."""
        body = RetireIn(data=request.data)
        body.is_valid(raise_exception=True)
        return self._run(retire_plan, request, body.validated_data)

    def _run(self, verb: Callable[..., Any], request: Request, facts: Any) -> Response:
        plan = self.get_object()
        verb(plan=plan, **facts, actor=caller(request), at=timezone.now())
        return self._answer(plan)

    def _answer(self, plan: Plan, *, status: int = 200) -> Response:
        return Response(WholePlanOut(self.get_queryset().get(pk=plan.pk)).data, status=status)
