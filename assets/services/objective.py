"""Verbs of objectives that people agree on: propose, discuss, sign, decline, withdraw."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from assets.changes import check_row, need_reason, plain
from assets.feasibility import Standing
from assets.models import (
    PROPOSAL_LIFECYCLE,
    Asset,
    ProposalStatus,
    RecoveryTarget,
    Remark,
    Signature,
    SigningRole,
    TargetProposal,
)
from assets.selectors.signable import signable
from assets.selectors.signers import signers_at
from assets.services.asset import AssetRetiredError
from assets.services.recovery_target import put_in_force
from assets.signing import Content
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.live.services import publish
from bcp_portal.shared.errors import DomainError, NotAllowedError

VIEW = "assets.view_recoverytarget"


class NotYoursToSignError(NotAllowedError):
    """Somebody else signs in this role."""


class ChangedMeanwhileError(DomainError):
    """What was shown is not what would be signed."""


class DespiteMissingError(DomainError):
    """Signing what cannot be met needs a reason."""


@verb
def propose_target(
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
) -> TargetProposal:
    """Put objectives forward for signature.

    What was never signed holds at once, as a claim; what was signed holds on until all have signed
    the new. An open proposal for the same asset is withdrawn in favour of this one.
    """
    why = need_reason(reason)
    asset = Asset.objects.select_for_update(of=("self",)).get(pk=asset.pk)
    if asset.retired_on is not None:
        raise AssetRetiredError(_("%(code)s has been retired.") % {"code": asset.code})
    facts = {"rto": rto, "rpo": rpo, "mtpd": mtpd, "wrt": wrt, "mbco": mbco.strip()}
    if all(value is None or value == "" for value in facts.values()):
        raise DomainError(_("Say at least one objective; nothing at all cannot be signed."))
    # The same sentences as for the objectives in force: RTO over MTPD, spans below zero.
    trial = RecoveryTarget.objects.filter(asset=asset).first() or RecoveryTarget(asset=asset)
    for name, value in facts.items():
        setattr(trial, name, value)
    trial.set_at = at
    check_row(trial)
    for older in TargetProposal.objects.filter(asset=asset, status=ProposalStatus.OPEN):
        _close(older, ProposalStatus.WITHDRAWN, reason=why, actor=actor, at=at)
    proposal = TargetProposal.objects.create(
        asset=asset, **facts, reason=why, proposed_by=actor, proposed_at=at
    )
    after = {name: plain(value) for name, value in facts.items()}
    audit(action="target.propose", obj=asset, actor=actor, at=at, reason=why, after=after)
    if not TargetProposal.objects.filter(asset=asset, status=ProposalStatus.ADOPTED).exists():
        put_in_force(asset=asset, facts=facts, reason=why, actor=actor, at=at)
    _ring(proposal, at=at)
    return proposal


@verb
def add_remark(*, proposal: TargetProposal, text: str, actor: User, at: datetime) -> Remark:
    """Say something about a proposal."""
    if not text.strip():
        raise DomainError(_("There is nothing to say in an empty remark."))
    remark = Remark.objects.create(proposal=proposal, text=text.strip(), made_by=actor, made_at=at)
    audit(
        action="target.remark", obj=proposal.asset, actor=actor, at=at, after={"text": remark.text}
    )
    publish(topic="targets", kind="remark", at=at, permission=VIEW)
    return remark


@verb
def sign_target(
    *,
    proposal: TargetProposal,
    role: str,
    shown: str,
    despite: str = "",
    actor: User,
    at: datetime,
) -> Signature:
    """Stand for objectives in one role, for exactly what was shown.

    `shown` is the digest of what the person saw. With the last signature the proposal holds.
    """
    Asset.objects.select_for_update(of=("self",)).get(pk=proposal.asset_id)
    proposal = TargetProposal.objects.select_related("asset__business_owner").get(pk=proposal.pk)
    if proposal.status not in (ProposalStatus.OPEN, ProposalStatus.ADOPTED):
        raise DomainError(_("This proposal is no longer open for signature."))
    if proposal.asset.retired_on is not None:
        raise AssetRetiredError(_("%(code)s has been retired.") % {"code": proposal.asset.code})
    standing = list(proposal.signatures.standing())
    principal = _principal(proposal, role, standing, actor=actor, at=at)
    content = _content(proposal, shown=shown, despite=despite)
    signature = Signature.objects.create(
        proposal=proposal,
        role=role,
        principal=principal,
        signed_by=actor,
        signed_at=at,
        digest=shown,
        content=content,
        despite=despite.strip(),
    )
    audit(
        action="target.sign",
        obj=proposal.asset,
        actor=actor,
        at=at,
        reason=despite.strip(),
        after={"role": role, "for": principal.get_username(), "digest": shown},
    )
    if proposal.status == ProposalStatus.OPEN and len(standing) + 1 == len(SigningRole):
        _adopt(proposal, actor=actor, at=at)
    _ring(proposal, at=at)
    return signature


@verb
def decline_proposal(
    *, proposal: TargetProposal, reason: str, actor: User, at: datetime
) -> TargetProposal:
    """Say no, in a role in which one could have signed; what held before goes on holding."""
    signers = signers_at(at)
    if not any(signers.principal(role, proposal.asset, actor) for role in SigningRole.values):
        raise NotYoursToSignError(_("Only who could sign can decline."))
    return _close(proposal, ProposalStatus.DECLINED, reason=need_reason(reason), actor=actor, at=at)


@verb
def withdraw_proposal(
    *, proposal: TargetProposal, reason: str, actor: User, at: datetime
) -> TargetProposal:
    """Take one's own proposal back."""
    if proposal.proposed_by_id != actor.pk:
        raise NotAllowedError(_("Only who proposed it can withdraw it."))
    return _close(
        proposal, ProposalStatus.WITHDRAWN, reason=need_reason(reason), actor=actor, at=at
    )


def _content(proposal: TargetProposal, *, shown: str, despite: str) -> Content:
    """What would be signed now; refused if it is not what was shown, or cannot be met unsaid."""
    now = signable(proposal)
    if now.digest != shown:
        raise ChangedMeanwhileError(
            _("What you were shown has changed meanwhile. Look again before you sign.")
        )
    if now.standing(proposal.asset_id) == Standing.INFEASIBLE.value and not despite.strip():
        raise DespiteMissingError(
            _("The graph says that this cannot be met. Say why you sign nevertheless.")
        )
    return now.content


def _principal(
    proposal: TargetProposal, role: str, standing: list[Signature], *, actor: User, at: datetime
) -> User:
    if any(one.role == role for one in standing):
        raise DomainError(_("This role has already signed."))
    hands = {one.signed_by_id for one in standing}
    taken = hands | {one.principal_id for one in standing}
    if actor.pk in taken:
        raise NotYoursToSignError(_("One person signs in one role only."))
    principal = signers_at(at).principal(role, proposal.asset, actor, taken=taken)
    if principal is None:
        raise NotYoursToSignError(_("Somebody else signs in this role."))
    return principal


def _adopt(proposal: TargetProposal, *, actor: User, at: datetime) -> None:
    """All three have signed: it holds from now on."""
    for older in TargetProposal.objects.filter(asset=proposal.asset, status=ProposalStatus.ADOPTED):
        _move(older, ProposalStatus.SUPERSEDED, at=at)
    _move(proposal, ProposalStatus.ADOPTED, at=at)
    facts = {**proposal.spans, "mbco": proposal.mbco}
    put_in_force(asset=proposal.asset, facts=facts, reason=proposal.reason, actor=actor, at=at)
    audit(
        action="target.adopt",
        obj=proposal.asset,
        actor=actor,
        at=at,
        after={name: plain(value) for name, value in facts.items()},
    )


def _close(
    proposal: TargetProposal,
    to: ProposalStatus,
    *,
    reason: str,
    actor: User | None,
    at: datetime,
) -> TargetProposal:
    proposal = TargetProposal.objects.select_for_update(of=("self",)).get(pk=proposal.pk)
    proposal = _move(proposal, to, at=at, reason=reason)
    audit(action=f"target.{to.value}", obj=proposal.asset, actor=actor, at=at, reason=reason)
    _ring(proposal, at=at)
    return proposal


def _move(
    proposal: TargetProposal, to: ProposalStatus, *, at: datetime, reason: str = ""
) -> TargetProposal:
    PROPOSAL_LIFECYCLE.check(ProposalStatus(proposal.status), to)
    proposal.status = to
    proposal.closed_at = None if to is ProposalStatus.ADOPTED else at
    proposal.closing_reason = reason
    proposal.save(update_fields=["status", "closed_at", "closing_reason"])
    return proposal


def _ring(proposal: TargetProposal, *, at: datetime) -> None:
    publish(topic="targets", kind=proposal.status, at=at, permission=VIEW)
    publish(topic="tasks", kind="signature", at=at, permission="assets.sign_target")
