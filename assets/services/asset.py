"""Verbs of an asset."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from assets.changes import check_row, need_reason, plain
from assets.models import Asset, Dependency
from assets.services.custom_field import columns_of, set_facts
from assets.services.signature import recheck_signatures
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError

ASSET_FACTS = (
    "name",
    "kind",
    "site",
    "unit",
    "business_owner",
    "technical_owner",
    "criticality",
    "description",
    "if_it_fails",
    "if_it_is_abused",
    "is_third_party",
    "third_party",
    "zone",
    "stream_name",
    "own_restore",
    "backup_every",
)
# What signatures of everything that rests on the asset are bound to.
MATERIAL = frozenset({"own_restore", "backup_every"})


class AssetRetiredError(DomainError):
    """The asset has been retired."""


class StillNeededError(DomainError):
    """Something in use needs the asset."""


@verb
def add_asset(*, code: str, facts: Mapping[str, Any], actor: User | None, at: datetime) -> Asset:
    """Put something the business runs on on the map."""
    asset = Asset(code=code.strip().upper())
    set_facts(asset, facts, ASSET_FACTS)
    check_row(asset)
    asset.save()
    after = {"code": asset.code} | {name: plain(asset.said(name)) for name in facts}
    audit(action="asset.add", obj=asset, actor=actor, at=at, after=after)
    return asset


@verb
def edit_asset(*, asset: Asset, facts: Mapping[str, Any], actor: User, at: datetime) -> Asset:
    """Correct what is known about an asset."""
    asset = Asset.objects.select_for_update(of=("self",)).get(pk=asset.pk)
    _check_in_use(asset)
    before, after = set_facts(asset, facts, ASSET_FACTS)
    if after:
        check_row(asset)
        asset.save(update_fields=columns_of(after))
        audit(action="asset.edit", obj=asset, actor=actor, at=at, before=before, after=after)
        if MATERIAL & after.keys():
            recheck_signatures(changed=[asset.pk], at=at)
    return asset


@verb
def retire_asset(*, asset: Asset, reason: str, on: date, actor: User, at: datetime) -> Asset:
    """Take an asset out of use, once nothing in use needs it; its history stays."""
    asset = Asset.objects.select_for_update(of=("self",)).get(pk=asset.pk)
    _check_in_use(asset)
    needed_by = Dependency.objects.filter(depends_on=asset, asset__retired_on=None)
    codes = sorted(needed_by.values_list("asset__code", flat=True).distinct())
    if codes:
        raise StillNeededError(
            _("%(code)s is still needed by %(needed_by)s. Unlink them first.")
            % {"code": asset.code, "needed_by": ", ".join(codes)}
        )
    asset.retired_on = on
    asset.save(update_fields=["retired_on"])
    audit(
        action="asset.retire",
        obj=asset,
        actor=actor,
        at=at,
        reason=need_reason(reason),
        before={"retired_on": None},
        after={"retired_on": on.isoformat()},
    )
    recheck_signatures(changed=[asset.pk], at=at)
    return asset


def _check_in_use(asset: Asset) -> None:
    if asset.retired_on is not None:
        raise AssetRetiredError(_("%(code)s has been retired.") % {"code": asset.code})
