"""What the register keeps of the objectives of assets, each time something about them changes."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from assets.models import (
    SPANS,
    Asset,
    Dependency,
    ProposalStatus,
    Signature,
    TargetProposal,
)

Facts = dict[str, Any]


def objective_facts(pks: Iterable[int]) -> list[tuple[int, str, Facts]]:
    """What these assets promise now, who stands for it, and what they rest on.

    An asset that promises nothing is not part of the history. A fixed number of queries.
    """
    assets = list(
        Asset.objects.filter(pk__in=list(pks), recovery_target__isnull=False)
        .select_related("recovery_target", "business_owner", "technical_owner", "impact")
        .order_by("pk")
    )
    keys = [asset.pk for asset in assets]
    signed, waiting, needs = _signed_by(keys), _waiting(keys), _needs(keys)
    return [
        (
            asset.pk,
            asset.code,
            _facts(asset)
            | {
                "signed_by": signed[asset.pk],
                "proposed": waiting.get(asset.pk),
                "needs": needs[asset.pk],
            },
        )
        for asset in assets
    ]


def _facts(asset: Asset) -> Facts:
    target, impact = asset.recovery_target, getattr(asset, "impact", None)
    return {
        "code": asset.code,
        "name": asset.name,
        "status": "retired" if asset.retired_on else "",
        "owner": asset.technical_owner.name if asset.technical_owner else "",
        "business_owner": asset.business_owner.name if asset.business_owner else "",
        **{name: _seconds(getattr(target, name)) for name in SPANS},
        "mbco": target.mbco,
        "bears": _seconds(impact.bears if impact else None),
        "own_restore": _seconds(asset.own_restore),
        "backup_every": _seconds(asset.backup_every),
    }


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()


def _signed_by(keys: list[int]) -> dict[int, list[Facts]]:
    """Who stands for what is in force; a signature that lapsed stands for nothing."""
    found: dict[int, list[Facts]] = defaultdict(list)
    standing = Signature.objects.standing().filter(
        proposal__asset__in=keys, proposal__status=ProposalStatus.ADOPTED
    )
    for one in standing.select_related("proposal", "signed_by").order_by("pk"):
        found[one.proposal.asset_id].append({"by": one.signed_by.name, "role": one.role})
    return found


def _waiting(keys: list[int]) -> dict[int, Facts]:
    proposals = TargetProposal.objects.filter(asset__in=keys, status=ProposalStatus.OPEN)
    return {
        one.asset_id: {name: _seconds(span) for name, span in one.spans.items()}
        for one in proposals
    }


def _needs(keys: list[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    arrows = Dependency.objects.filter(asset__in=keys).order_by("depends_on__code")
    for asset, code in arrows.values_list("asset_id", "depends_on__code").distinct():
        found[asset].append(code)
    return found
