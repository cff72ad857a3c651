"""The targets of every asset, with the state of their proof computed by the database."""

from datetime import datetime

from django.db import models
from django.db.models import (
    Case,
    CharField,
    Count,
    DateTimeField,
    DurationField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from assets.models import (
    Achievement,
    Asset,
    Measure,
    ProposalStatus,
    Signature,
    SigningRole,
    TargetProposal,
)
from assets.proof import FRESH_FOR, ProofState


def with_proof(rows: QuerySet[Asset], *, at: datetime) -> QuerySet[Asset]:
    """Add `rto_state`, `rpo_state`, `rto_achieved`, `rpo_achieved` to each asset.

    The same rule as `assets.proof.prove`, as SQL, so that ten thousand assets can be filtered by
    it; a test holds the two together.
    """
    for measure in (Measure.RTO, Measure.RPO):
        latest = Achievement.objects.filter(asset=OuterRef("pk"), measure=measure).order_by(
            "-happened_at", "-pk"
        )
        rows = rows.annotate(
            **{
                f"{measure}_achieved": Subquery(
                    latest.values("achieved")[:1], output_field=DurationField()
                ),
                f"{measure}_proven_at": Subquery(
                    latest.values("happened_at")[:1], output_field=DateTimeField()
                ),
            }
        ).annotate(**{f"{measure}_state": _state(measure, at)})
    return rows


def without_proof(rows: QuerySet[Asset]) -> QuerySet[Asset]:
    """Of assets with their proof: those of which one objective at least is not proven."""
    proven = {f"{measure}_state": ProofState.PROVEN for measure in (Measure.RTO, Measure.RPO)}
    return rows.exclude(**proven)


class SignState(models.TextChoices):
    """Whether the objectives in force have been signed by all, and still are."""

    SIGNED = "signed", _("Signed")
    LAPSED = "lapsed", _("Lapsed")
    PROPOSED = "proposed", _("Proposed")
    UNSIGNED = "unsigned", _("Unsigned")
    UNKNOWN = "unknown", _("Unknown")


def with_signatures(rows: QuerySet[Asset]) -> QuerySet[Asset]:
    """Add `sign_state` to each asset: what was signed and no longer stands has lapsed."""
    proposals = TargetProposal.objects.filter(asset=OuterRef("pk"))
    standing = (
        Signature.objects.standing()
        .filter(proposal__asset=OuterRef("pk"), proposal__status=ProposalStatus.ADOPTED)
        .order_by()
        .values("proposal")
        .annotate(n=Count("pk"))
        .values("n")
    )
    return rows.annotate(
        standing_count=Coalesce(Subquery(standing[:1]), 0),
        sign_state=Case(
            When(recovery_target=None, then=Value(SignState.UNKNOWN.value)),
            When(standing_count=len(SigningRole), then=Value(SignState.SIGNED.value)),
            When(
                Exists(proposals.filter(status=ProposalStatus.ADOPTED)),
                then=Value(SignState.LAPSED.value),
            ),
            When(
                Exists(proposals.filter(status=ProposalStatus.OPEN)),
                then=Value(SignState.PROPOSED.value),
            ),
            default=Value(SignState.UNSIGNED.value),
            output_field=CharField(),
        ),
    )


def _state(measure: Measure, at: datetime) -> Case:
    promise = f"recovery_target__{measure}"
    achieved = f"{measure}_achieved"
    return Case(
        When(Q(**{f"{promise}__isnull": True}), then=Value(ProofState.UNKNOWN.value)),
        When(Q(**{f"{achieved}__isnull": True}), then=Value(ProofState.CLAIMED.value)),
        When(Q(**{f"{achieved}__gt": F(promise)}), then=Value(ProofState.DISPROVED.value)),
        When(Q(**{f"{measure}_proven_at__lt": at - FRESH_FOR}), then=Value(ProofState.STALE.value)),
        default=Value(ProofState.PROVEN.value),
        output_field=CharField(),
    )
