"""Verbs of a recovery target."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from assets.changes import check_row, need_reason, set_fields
from assets.models import Asset, RecoveryTarget
from assets.services.asset import AssetRetiredError
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb

TARGET_FACTS = ("rto", "rpo", "mtpd", "wrt", "mbco")


@verb
def set_target(
    *,
    asset: Asset,
    rto: timedelta | None,
    rpo: timedelta | None,
    mtpd: timedelta | None = None,
    wrt: timedelta | None = None,
    mbco: str = "",
    reason: str,
    actor: User | None,
    at: datetime,
) -> RecoveryTarget:
    """Say how fast an asset must come back and how much may be lost, and why."""
    if asset.retired_on is not None:
        raise AssetRetiredError(_("%(code)s has been retired.") % {"code": asset.code})
    why = need_reason(reason)
    # Locked by the asset: the target row may not be there yet.
    Asset.objects.select_for_update(of=("self",)).get(pk=asset.pk)
    target = RecoveryTarget.objects.filter(asset=asset).first()
    if target is None:
        target = RecoveryTarget(asset=asset)
    facts = {"rto": rto, "rpo": rpo, "mtpd": mtpd, "wrt": wrt, "mbco": mbco.strip()}
    before, after = set_fields(target, facts, TARGET_FACTS)
    if target.pk is not None and not after:
        return target
    target.set_by, target.set_at = actor, at
    check_row(target)
    target.save()
    audit(
        action="target.set",
        obj=asset,
        actor=actor,
        at=at,
        reason=why,
        before=before,
        after=after,
    )
    return target
