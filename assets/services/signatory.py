"""Verbs of those who sign: appointed for operations and management, and delegating for a while."""

from datetime import datetime

from django.utils.translation import gettext as _

from assets.changes import check_row, need_reason
from assets.models import Delegation, Signatory
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError, NotAllowedError


class AlreadyEndedError(DomainError):
    """It has already ended."""


@verb
def appoint_signatory(*, role: str, user: User, actor: User | None, at: datetime) -> Signatory:
    """Let somebody sign for operations or for top management."""
    signatory = Signatory(role=role, user=user, appointed_by=actor, appointed_at=at)
    check_row(signatory)
    signatory.save()
    after = {"role": role, "user": user.get_username()}
    audit(action="signatory.appoint", obj=signatory, actor=actor, at=at, after=after)
    return signatory


@verb
def dismiss_signatory(*, signatory: Signatory, actor: User, at: datetime) -> Signatory:
    """Somebody no longer signs in this role; what they have signed stands."""
    signatory = Signatory.objects.select_for_update(of=("self",)).get(pk=signatory.pk)
    if signatory.ended_at is not None:
        raise AlreadyEndedError(_("This person no longer signs in this role."))
    signatory.ended_at = at
    signatory.save(update_fields=["ended_at"])
    audit(action="signatory.dismiss", obj=signatory, actor=actor, at=at)
    return signatory


@verb
def delegate_signing(
    *,
    delegate: User,
    ends_at: datetime,
    reason: str,
    actor: User,
    at: datetime,
    starts_at: datetime | None = None,
) -> Delegation:
    """Let somebody sign in my name until a moment that must be said."""
    if ends_at <= at:
        raise DomainError(_("A delegation must end in the future."))
    delegation = Delegation(
        delegator=actor,
        delegate=delegate,
        starts_at=starts_at or at,
        ends_at=ends_at,
        reason=need_reason(reason),
    )
    check_row(delegation)
    delegation.save()
    after = {"delegate": delegate.get_username(), "ends_at": ends_at.isoformat()}
    audit(action="signing.delegate", obj=delegation, actor=actor, at=at, reason=reason, after=after)
    return delegation


@verb
def end_delegations(*, person: User, actor: User, at: datetime) -> int:
    """End what a leaver delegated and what others delegated to them; return how much it was."""
    rows = list(Delegation.objects.select_for_update(of=("self",)).unfinished_of(person, at))
    for row in rows:
        row.revoked_at = at
        row.save(update_fields=["revoked_at"])
        audit(action="signing.revoke", obj=row, actor=actor, at=at,
              reason=_("%(name)s has left.") % {"name": person.name})  # fmt: skip
    return len(rows)


@verb
def revoke_delegation(*, delegation: Delegation, actor: User, at: datetime) -> Delegation:
    """Take a delegation back before its end; only who gave it can."""
    delegation = Delegation.objects.select_for_update(of=("self",)).get(pk=delegation.pk)
    if delegation.delegator_id != actor.pk:
        raise NotAllowedError(_("Only the person who delegated can take it back."))
    if delegation.revoked_at is not None or delegation.ends_at <= at:
        raise AlreadyEndedError(_("This delegation has already ended."))
    delegation.revoked_at = at
    delegation.save(update_fields=["revoked_at"])
    audit(action="signing.revoke", obj=delegation, actor=actor, at=at)
    return delegation
