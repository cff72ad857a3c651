"""The door of objectives that people agree on: propose, discuss, sign, decline, withdraw."""

from collections.abc import Callable
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from assets.api.caller import SecondsField, caller
from assets.api.recovery_target import TargetIn
from assets.models import Asset, Remark, Signature, SigningRole, TargetProposal
from assets.selectors.signable import signable
from assets.services.objective import (
    add_remark,
    decline_proposal,
    propose_target,
    sign_target,
    withdraw_proposal,
)
from bcp_portal.accounts.models import User


class SignatureOut(serializers.ModelSerializer[Signature]):
    """Who stands for it, in which role; lapsed signatures stay to be seen."""

    principal = serializers.SlugRelatedField[User](slug_field="username", read_only=True)
    signed_by = serializers.SlugRelatedField[User](slug_field="username", read_only=True)

    class Meta:
        model = Signature
        fields = ("role", "principal", "signed_by", "signed_at", "digest", "despite", "lapsed_at")
        read_only_fields = fields


class ProposalRemarkOut(serializers.ModelSerializer[Remark]):
    """What somebody said about it."""

    made_by = serializers.SlugRelatedField[User](slug_field="username", read_only=True)

    class Meta:
        model = Remark
        fields = ("text", "made_by", "made_at")
        read_only_fields = fields


class ProposalOut(serializers.ModelSerializer[TargetProposal]):
    """How a proposal looks from outside: durations in seconds, null is unknown."""

    asset = serializers.SlugRelatedField[Asset](slug_field="code", read_only=True)
    proposed_by = serializers.SlugRelatedField[User](slug_field="username", read_only=True)
    rto = SecondsField(read_only=True)
    rpo = SecondsField(read_only=True)
    mtpd = SecondsField(read_only=True)
    wrt = SecondsField(read_only=True)
    signatures = SignatureOut(many=True, read_only=True)

    class Meta:
        model = TargetProposal
        fields: tuple[str, ...] = (
            "id",
            "asset",
            "status",
            "rto",
            "rpo",
            "mtpd",
            "wrt",
            "mbco",
            "reason",
            "proposed_by",
            "proposed_at",
            "closed_at",
            "closing_reason",
            "signatures",
        )
        read_only_fields = fields


class WholeProposalOut(ProposalOut):
    """One proposal with what a signature needs: the digest of what is shown, and the verdict."""

    remarks = ProposalRemarkOut(many=True, read_only=True)
    shown = serializers.SerializerMethodField()
    standing = serializers.SerializerMethodField()

    class Meta(ProposalOut.Meta):
        fields = (*ProposalOut.Meta.fields, "remarks", "shown", "standing")
        read_only_fields = fields

    def get_shown(self, proposal: TargetProposal) -> str:
        """The digest to send along with a signature; empty once nothing can be signed."""
        return self.context["now"].digest if self.context["now"] else ""

    def get_standing(self, proposal: TargetProposal) -> str:
        """Whether the graph says it can be met: feasible, unknown, infeasible."""
        now = self.context["now"]
        return now.standing(proposal.asset_id) if now else "unknown"


class SignIn(serializers.Serializer[None]):
    """What it takes to sign; `shown` is the digest that the proposal carried when it was read."""

    role = serializers.ChoiceField(choices=SigningRole.choices)
    shown = serializers.CharField(max_length=64)
    despite = serializers.CharField(required=False, allow_blank=True)


class WhyIn(serializers.Serializer[None]):
    """A reason."""

    reason = serializers.CharField()


class ProposalRemarkIn(serializers.Serializer[None]):
    """Something to say."""

    text = serializers.CharField(max_length=4000)


class ProposalViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[TargetProposal]
):
    """List, read, propose, discuss, sign, decline, withdraw."""

    serializer_class = ProposalOut
    filterset_fields = {"status": ["exact"], "asset__code": ["exact"]}
    ordering_fields = ("proposed_at", "asset__code")
    search_fields = ("asset__code", "asset__name")
    queryset = TargetProposal.objects.none()
    action_permissions = {
        "list": "assets.view_recoverytarget",
        "retrieve": "assets.view_recoverytarget",
        "create": "assets.set_target",
        "sign": "assets.sign_target",
        "remark": "assets.sign_target",
        "decline": "assets.sign_target",
        "withdraw": "assets.set_target",
    }

    def get_queryset(self) -> QuerySet[TargetProposal]:
        """Only proposals for assets the caller may see."""
        signatures = Signature.objects.select_related("principal", "signed_by").order_by("pk")
        remarks = Remark.objects.select_related("made_by").order_by("pk")
        rows = TargetProposal.objects.visible_to(caller(self.request))
        return (
            rows.select_related("asset__business_owner", "proposed_by")
            .prefetch_related(Prefetch("signatures", signatures), Prefetch("remarks", remarks))
            .order_by("-proposed_at", "-pk")
        )

    @extend_schema(responses=WholeProposalOut)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One proposal, and the digest of what a signature would be bound to now."""
        return self._answer(self.get_object())

    @extend_schema(request=TargetIn, responses={201: WholeProposalOut})
    def create(self, request: Request) -> Response:
        """Put objectives of an asset forward for signature."""
        body = TargetIn(data=request.data, context={"request": request})
        body.is_valid(raise_exception=True)
        made = propose_target(**body.validated_data, actor=caller(request), at=timezone.now())
        return self._answer(made, status=201)

    @extend_schema(request=SignIn, responses=WholeProposalOut)
    @action(detail=True, methods=["post"])
    def sign(self, request: Request, pk: str) -> Response:
        """Stand for what was shown, in one role."""
        return self._run(sign_target, SignIn, request)

    @extend_schema(request=ProposalRemarkIn, responses=WholeProposalOut)
    @action(detail=True, methods=["post"])
    def remark(self, request: Request, pk: str) -> Response:
        """Say something about a proposal."""
        return self._run(add_remark, ProposalRemarkIn, request)

    @extend_schema(request=WhyIn, responses=WholeProposalOut)
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, pk: str) -> Response:
        """Say no, in a role in which one could have signed."""
        return self._run(decline_proposal, WhyIn, request)

    @extend_schema(request=WhyIn, responses=WholeProposalOut)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """Take one's own proposal back."""
        return self._run(withdraw_proposal, WhyIn, request)

    def _run(
        self, verb: Callable[..., Any], asks: type[serializers.Serializer[None]], request: Request
    ) -> Response:
        proposal = self.get_object()
        body = asks(data=request.data)
        body.is_valid(raise_exception=True)
        verb(proposal=proposal, **body.validated_data, actor=caller(request), at=timezone.now())
        return self._answer(proposal)

    def _answer(self, proposal: TargetProposal, *, status: int = 200) -> Response:
        fresh = self.get_queryset().get(pk=proposal.pk)
        is_current = fresh.is_current and fresh.asset.retired_on is None
        context = {"now": signable(fresh) if is_current else None}
        return Response(WholeProposalOut(fresh, context=context).data, status=status)
