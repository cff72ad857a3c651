"""The verb that forgets a person who has left, without touching what the trail proves."""

from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.utils.translation import gettext as _

from bcp_portal.accounts.models import ContactMethod, User
from bcp_portal.accounts.services.user import need_reason, refuse_own
from bcp_portal.audit.models import SealedValue
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError


class StillHereError(DomainError):
    """Only an account that was closed can be forgotten."""


@verb
def erase_person(*, user: User, actor: User, at: datetime, reason: str) -> int:
    """Erase mail, phone and ways to be reached of a closed account, here and beside the trail.

    The name stays: who decided what must remain answerable. The chain keeps salted digests whose
    values are gone for good, so nothing breaks and nothing can be guessed. Return how many values
    of the trail were erased.
    """
    refuse_own(user, actor, _("Nobody erases themselves."))
    reason = need_reason(reason)
    if user.is_active:
        raise StillHereError(_("Deactivate %s first.") % user.name)
    erased, _each = SealedValue.objects.filter(
        object_kind=user._meta.label_lower, object_id=str(user.pk)
    ).delete()
    ContactMethod.objects.filter(user=user).delete()
    EmailAddress.objects.filter(user=user).delete()
    Authenticator.objects.filter(user=user).delete()
    user.email, user.phone = f"erased-{user.pk}@invalid.invalid", ""
    user.set_unusable_password()
    user.save(update_fields=["email", "phone", "password"])
    audit(
        action="user.erase",
        obj=user,
        actor=actor,
        at=at,
        reason=reason,
        after={"sealed_values_erased": erased},
    )
    return erased
