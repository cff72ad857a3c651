"""Verbs of how assets are meant to come back, and of those outside who run some of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from assets.changes import check_row, plain, set_fields
from assets.models import Asset, RecoveryDesign, ThirdParty
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb

DESIGN_FACTS = (
    "redundancy",
    "failover",
    "failover_path",
    "replication",
    "retention",
    "full_restore",
    "partial_restore",
    "note",
)
PARTY_FACTS = (
    "name",
    "contract",
    "contract_ends_on",
    "notice_days",
    "promised_rto",
    "contact",
    "phone",
    "email",
    "exit_plan",
)


@verb
def describe_recovery(
    *, asset: Asset, facts: Mapping[str, Any], actor: User | None, at: datetime
) -> RecoveryDesign:
    """Say how an asset is built to come back."""
    Asset.objects.select_for_update(of=("self",)).get(pk=asset.pk)
    design = RecoveryDesign.objects.filter(asset=asset).first() or RecoveryDesign(asset=asset)
    before, after = set_fields(design, facts, DESIGN_FACTS)
    if design.pk is None or after:
        check_row(design)
        design.save()
        audit(action="design.set", obj=asset, actor=actor, at=at, before=before, after=after)
    return design


@verb
def add_third_party(
    *, code: str, facts: Mapping[str, Any], actor: User | None, at: datetime
) -> ThirdParty:
    """Note somebody outside on whom we depend."""
    party = ThirdParty(code=code.strip().upper())
    set_fields(party, facts, PARTY_FACTS)
    check_row(party)
    party.save()
    after = {"code": party.code} | {name: plain(getattr(party, name)) for name in facts}
    audit(action="third_party.add", obj=party, actor=actor, at=at, after=after)
    return party


@verb
def edit_third_party(
    *, party: ThirdParty, facts: Mapping[str, Any], actor: User, at: datetime
) -> ThirdParty:
    """Correct what is known about a third party."""
    party = ThirdParty.objects.select_for_update(of=("self",)).get(pk=party.pk)
    before, after = set_fields(party, facts, PARTY_FACTS)
    if after:
        check_row(party)
        party.save(update_fields=list(after))
        audit(action="third_party.edit", obj=party, actor=actor, at=at, before=before, after=after)
    return party
