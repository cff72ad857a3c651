"""Verbs of a recovery target."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from assets.changes import check_row, need_reason, set_fields
from assets.models import Asset, ProposalStatus, RecoveryTarget, TargetProposal
from assets.services.asset import AssetRetiredError
from assets.services.signature import recheck_signatures
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.live.services import publish
from bcp_portal.shared.errors import DomainError

TARGET_FACTS = ("rto", "rpo", "mtpd", "wrt", "mbco")


class TargetSignedError(DomainError):
    """These objectives were signed; nobody changes them alone any more."""


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
    """Say how fast an asset must come back and how much may be lost, and why.

    A claim that nobody has signed yet. Once signed, objectives change by a proposal only.
    """
    if TargetProposal.objects.filter(asset=asset, status=ProposalStatus.ADOPTED).exists():
        raise TargetSignedError(
            _("The objectives of %(code)s were signed. Propose a change for signature instead.")
            % {"code": asset.code}
        )
    facts = {"rto": rto, "rpo": rpo, "mtpd": mtpd, "wrt": wrt, "mbco": mbco}
    return put_in_force(asset=asset, facts=facts, reason=reason, actor=actor, at=at)


@verb
def put_in_force(
    *, asset: Asset, facts: dict[str, Any], reason: str, actor: User | None, at: datetime
) -> RecoveryTarget:
    """Let objectives hold from now on; signatures that rest on the old ones lapse."""
    if asset.retired_on is not None:
        raise AssetRetiredError(_("%(code)s has been retired.") % {"code": asset.code})
    why = need_reason(reason)
    # Locked by the asset: the target row may not be there yet.
    Asset.objects.select_for_update(of=("self",)).get(pk=asset.pk)
    target = RecoveryTarget.objects.filter(asset=asset).first()
    if target is None:
        target = RecoveryTarget(asset=asset)
    facts = facts | {"mbco": str(facts.get("mbco", "")).strip()}
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
    recheck_signatures(changed=[asset.pk], at=at)
    publish(topic="targets", kind="set", at=at, permission="assets.view_recoverytarget")
    return target
