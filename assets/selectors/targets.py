"""The targets of every asset, with the state of their proof computed by the database."""

from datetime import datetime

from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    DurationField,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)

from assets.models import Achievement, Asset, Measure
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
