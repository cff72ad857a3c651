"""The risk door of the API. Reading is a serializer; changing is a verb."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from assets.api.asset import RetireIn
from assets.api.caller import caller
from assets.models import Asset, ThirdParty, Unit
from assets.models.custom_field import PREFIX
from bcp_portal.accounts.models import User
from risks.api.acceptance import AcceptanceOut
from risks.api.treatment import TreatIn, TreatmentOut
from risks.imports.report import LINKS
from risks.models import (
    Assessment,
    AssessmentKind,
    Risk,
    RiskCategory,
    RiskRemark,
    Threat,
    Treatment,
)
from risks.scoring import MOST_STEPS, Scale
from risks.selectors.matrix import scale_in_force
from risks.services.acceptance import ask_acceptance
from risks.services.assessment import assess_risk
from risks.services.discussion import remark_on_risk
from risks.services.risk import edit_risk, finish_review, identify_risk, retire_risk
from risks.services.treatment import decide_treatment


class AssessmentOut(serializers.ModelSerializer[Assessment]):
    """How a judgement looks from outside."""

    class Meta:
        model = Assessment
        fields = ("kind", "likelihood", "impact", "score", "level", "assessed_on", "rationale")
        read_only_fields = fields


class RiskOut(serializers.ModelSerializer[Risk]):
    """How a risk looks from outside. Never used for writing."""

    category = serializers.SlugRelatedField[RiskCategory](slug_field="code", read_only=True)
    unit = serializers.SlugRelatedField[Unit](slug_field="code", read_only=True)
    owner = serializers.SlugRelatedField[User](slug_field="username", read_only=True)
    business_owner = serializers.SlugRelatedField[User](slug_field="username", read_only=True)
    assets = serializers.SerializerMethodField()
    threats = serializers.SlugRelatedField[Threat](slug_field="code", read_only=True, many=True)
    third_parties = serializers.SlugRelatedField[ThirdParty](
        slug_field="code", read_only=True, many=True
    )
    inherent = AssessmentOut(read_only=True)
    residual = AssessmentOut(read_only=True)
    target = AssessmentOut(read_only=True)
    matrix = serializers.CharField(source="matrix_family", read_only=True)
    custom = serializers.DictField(read_only=True)

    class Meta:
        model = Risk
        fields = (
            "code",
            "title",
            "category",
            "unit",
            "cause",
            "consequence",
            "owner",
            "business_owner",
            "status",
            "score",
            "level",
            "reassess_since",
            "review_on",
            "assets",
            "threats",
            "third_parties",
            "inherent",
            "residual",
            "target",
            "matrix",
            "custom",
        )
        read_only_fields = fields

    def get_assets(self, risk: Risk) -> list[str]:
        """The codes of the assets that the caller may see."""
        visible: list[Asset] | None = getattr(risk, "visible_assets", None)
        return [] if visible is None else [asset.code for asset in visible]


class RiskFactsIn(serializers.Serializer[None]):
    """What may be said about a risk."""

    title = serializers.CharField(max_length=200)
    category = serializers.SlugRelatedField(slug_field="code", queryset=RiskCategory.objects.all())
    unit = serializers.SlugRelatedField(
        slug_field="code", queryset=Unit.objects.in_use(), required=False, allow_null=True
    )
    cause = serializers.CharField(required=False, allow_blank=True)
    consequence = serializers.CharField(required=False, allow_blank=True)
    owner = serializers.SlugRelatedField(
        slug_field="username", queryset=User.objects.filter(is_active=True)
    )
    business_owner = serializers.SlugRelatedField(
        slug_field="username",
        queryset=User.objects.filter(is_active=True),
        required=False,
        allow_null=True,
    )
    review_on = serializers.DateField(required=False, allow_null=True)
    # The answers to the organisation's own fields, by their keys.
    custom = serializers.DictField(required=False)


class RiskIn(RiskFactsIn):
    """What it takes to identify a risk."""

    assets = serializers.SlugRelatedField(
        slug_field="code", queryset=Asset.objects.none(), many=True, required=False
    )
    threats = serializers.SlugRelatedField(
        slug_field="code", queryset=Threat.objects.in_use(), many=True, required=False
    )
    third_parties = serializers.SlugRelatedField(
        slug_field="code", queryset=ThirdParty.objects.all(), many=True, required=False
    )

    def get_fields(self) -> dict[str, Any]:
        """Only assets that the caller may see can be named."""
        fields = super().get_fields()
        request = self.context.get("request")
        if request is not None:
            assets: Any = fields["assets"]
            assets.child_relation.queryset = Asset.objects.visible_to(request.user).in_use()
        return fields


class RiskReviewIn(serializers.Serializer[None]):
    """What it takes to say that a risk was looked at."""

    note = serializers.CharField()
    review_on = serializers.DateField(required=False)


class RiskRemarkIn(serializers.Serializer[None]):
    """Something said about a risk."""

    text = serializers.CharField(max_length=4000)


class RiskRemarkOut(serializers.ModelSerializer[RiskRemark]):
    """How a remark looks from outside."""

    made_by = serializers.SlugRelatedField[User](slug_field="username", read_only=True)

    class Meta:
        model = RiskRemark
        fields = ("text", "made_by", "made_at")
        read_only_fields = fields


class AssessIn(serializers.Serializer[None]):
    """What it takes to judge a risk."""

    kind = serializers.ChoiceField(choices=AssessmentKind.choices)
    likelihood = serializers.IntegerField(min_value=1, max_value=MOST_STEPS)
    impact = serializers.IntegerField(min_value=1, max_value=MOST_STEPS)
    rationale = serializers.CharField()
    assessed_on = serializers.DateField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A step that the matrix of this risk does not have is wrong at its field."""
        scale: Scale = self.context["scale"]
        for name, most in zip(("likelihood", "impact"), scale.shape, strict=True):
            if attrs[name] > most:
                wrong = _("The matrix goes up to %d here.") % most
                raise serializers.ValidationError({name: wrong})
        return attrs


class AcceptIn(serializers.Serializer[None]):
    """What it takes to ask for the acceptance of a risk."""

    reason = serializers.CharField()
    expires_on = serializers.DateField()
    approver = serializers.SlugRelatedField(
        slug_field="username", queryset=User.objects.filter(is_active=True)
    )


def _facts(said: Mapping[str, Any]) -> dict[str, Any]:
    """What was said, the answers to custom fields among the other facts."""
    facts = dict(said)
    custom = facts.pop("custom", {})
    return facts | {f"{PREFIX}{key}": value for key, value in custom.items()}


class RiskViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Risk]):
    """List, read, identify, edit, assess, accept, retire."""

    serializer_class = RiskOut
    lookup_field = "code"
    lookup_value_regex = "[A-Za-z0-9._-]+"
    filterset_fields = {
        "status": ["exact"],
        "level": ["exact"],
        "category__code": ["exact"],
        "unit__code": ["exact"],
        "threats__code": ["exact"],
        "third_parties__code": ["exact"],
        "owner__username": ["exact"],
        "review_on": ["lte", "isnull"],
    }
    ordering_fields = ("code", "score", "review_on")
    search_fields = ("code", "title")
    queryset = Risk.objects.none()
    action_permissions = {
        "list": "risks.view_risk",
        "retrieve": "risks.view_risk",
        "create": "risks.run_risk",
        "edit": "risks.run_risk",
        "assess": "risks.run_risk",
        "accept": "risks.run_risk",
        "retire": "risks.run_risk",
        "review": "risks.run_risk",
        "treat": "risks.run_risk",
        "treatments": "risks.view_risk",
        "remark": "risks.discuss_risk",
        "remarks": "risks.view_risk",
    }

    def get_queryset(self) -> QuerySet[Risk]:
        """Only what the caller may see."""
        user = caller(self.request)
        return (
            Risk.objects.visible_to(user)
            .for_list()
            .with_assets(user)
            .order_by("code")
            .prefetch_related("threats", "third_parties")
        )

    def _answer(self, risk: Risk, *, status: int = 200) -> Response:
        fresh = self.get_queryset().get(pk=risk.pk)
        return Response(RiskOut(fresh).data, status=status)

    @extend_schema(request=RiskIn, responses={201: RiskOut})
    def create(self, request: Request) -> Response:
        """Put something that could happen into the register."""
        body = RiskIn(data=request.data, context={"request": request})
        body.is_valid(raise_exception=True)
        facts = _facts(body.validated_data)
        links = {name: facts.pop(name) for name in LINKS if name in facts}
        risk = identify_risk(facts=facts, **links, actor=caller(request), at=timezone.now())
        return self._answer(risk, status=201)

    @extend_schema(request=RiskIn, responses=RiskOut)
    @action(detail=True, methods=["post"])
    def edit(self, request: Request, code: str) -> Response:
        """Correct some of what is said about a risk."""
        risk = self.get_object()
        body = RiskIn(data=request.data, context={"request": request}, partial=True)
        body.is_valid(raise_exception=True)
        facts = _facts(body.validated_data)
        links = {name: facts.pop(name) for name in LINKS if name in facts}
        if "assets" in links:
            # Assets that the caller may not see stay named.
            seen = Asset.objects.visible_to(caller(request)).values("pk")
            links["assets"] = [*links["assets"], *risk.assets.exclude(pk__in=seen)]
        risk = edit_risk(risk=risk, facts=facts, **links, actor=caller(request), at=timezone.now())
        return self._answer(risk)

    @extend_schema(request=AssessIn, responses={201: AssessmentOut})
    @action(detail=True, methods=["post"])
    def assess(self, request: Request, code: str) -> Response:
        """Judge a risk by the matrix in force."""
        risk = self.get_object()
        scale = scale_in_force(risk.matrix_family)[1]
        body = AssessIn(data=request.data, context={"scale": scale})
        body.is_valid(raise_exception=True)
        assessment = assess_risk(
            risk=risk, **body.validated_data, actor=caller(request), at=timezone.now()
        )
        return Response(AssessmentOut(assessment).data, status=201)

    @extend_schema(request=AcceptIn, responses={201: AcceptanceOut})
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, code: str) -> Response:
        """Ask somebody else to live with a risk until a date."""
        body = AcceptIn(data=request.data)
        body.is_valid(raise_exception=True)
        acceptance = ask_acceptance(
            risk=self.get_object(), **body.validated_data, actor=caller(request), at=timezone.now()
        )
        return Response(AcceptanceOut(acceptance).data, status=201)

    @extend_schema(request=RetireIn, responses=RiskOut)
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, code: str) -> Response:
        """Take a risk out of the register."""
        body = RetireIn(data=request.data)
        body.is_valid(raise_exception=True)
        risk = retire_risk(
            risk=self.get_object(), **body.validated_data, actor=caller(request), at=timezone.now()
        )
        return self._answer(risk)

    @extend_schema(request=RiskReviewIn, responses=RiskOut)
    @action(detail=True, methods=["post"])
    def review(self, request: Request, code: str) -> Response:
        """Say that a risk was looked at."""
        body = RiskReviewIn(data=request.data)
        body.is_valid(raise_exception=True)
        risk = finish_review(
            risk=self.get_object(), **body.validated_data, actor=caller(request), at=timezone.now()
        )
        return self._answer(risk)

    @extend_schema(request=TreatIn, responses={201: TreatmentOut})
    @action(detail=True, methods=["post"])
    def treat(self, request: Request, code: str) -> Response:
        """Decide what is done about a risk."""
        body = TreatIn(data=request.data)
        body.is_valid(raise_exception=True)
        treatment = decide_treatment(
            risk=self.get_object(), **body.validated_data, actor=caller(request), at=timezone.now()
        )
        return Response(TreatmentOut(treatment).data, status=201)

    @extend_schema(responses=TreatmentOut(many=True))
    @action(detail=True, methods=["get"], pagination_class=None, filterset_fields=None)
    def treatments(self, request: Request, code: str) -> Response:
        """What was decided about a risk, the newest last."""
        rows = Treatment.objects.filter(risk=self.get_object()).for_list().with_actions()
        rows = rows.order_by("pk")
        return Response(TreatmentOut(rows, many=True).data)

    @extend_schema(request=RiskRemarkIn, responses={201: RiskRemarkOut})
    @action(detail=True, methods=["post"])
    def remark(self, request: Request, code: str) -> Response:
        """Say something about a risk."""
        body = RiskRemarkIn(data=request.data)
        body.is_valid(raise_exception=True)
        remark = remark_on_risk(
            risk=self.get_object(), **body.validated_data, actor=caller(request), at=timezone.now()
        )
        return Response(RiskRemarkOut(remark).data, status=201)

    @extend_schema(responses=RiskRemarkOut(many=True))
    @action(detail=True, methods=["get"], pagination_class=None, filterset_fields=None)
    def remarks(self, request: Request, code: str) -> Response:
        """What people say about a risk."""
        rows = self.get_object().remarks.select_related("made_by").order_by("made_at", "pk")
        return Response(RiskRemarkOut(rows, many=True).data)
