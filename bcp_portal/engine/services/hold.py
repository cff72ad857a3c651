"""Verbs of a hold: one person may silence all calls, two different ones must let them go again."""

from datetime import datetime

from django.contrib.auth.models import AbstractUser
from django.utils.translation import gettext as _

from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.doorbell import ring
from bcp_portal.engine.models import CallHold
from bcp_portal.shared.errors import DomainError


class HoldError(DomainError):
    """The hold cannot be released like this."""


@verb
def hold_all_calls(*, reason: str, actor: AbstractUser | None, at: datetime) -> CallHold:
    """Call nobody from now on; deadlines go on and are recorded."""
    if not reason.strip():
        raise HoldError(_("Please say why nobody is to be called."))
    hold = CallHold.objects.create(reason=reason.strip(), held_at=at)
    audit(action="calls.hold", obj=hold, actor=actor, at=at, reason=hold.reason)
    return hold


@verb
def release_calls(*, hold: CallHold, actor: AbstractUser, at: datetime) -> CallHold:
    """Agree that people may be called again; the second person's agreement makes it so."""
    locked = CallHold.objects.select_for_update().get(pk=hold.pk)
    if locked.released_at is not None:
        raise HoldError(_("This hold has already been released."))
    if locked.first_release_by is None:
        locked.first_release_by = actor.pk
    elif locked.first_release_by == actor.pk:
        raise HoldError(_("A second person must agree; you already have."))
    else:
        locked.second_release_by = actor.pk
        locked.released_at = at
        ring("engine")
    locked.save(update_fields=["first_release_by", "second_release_by", "released_at"])
    audit(
        action="calls.release",
        obj=locked,
        actor=actor,
        at=at,
        reason=locked.reason,
        after={"released": locked.released_at is not None},
    )
    return locked
