"""The link by which a person chooses a password, and the mail that carries it."""

import logging
from datetime import datetime

from allauth.account import app_settings
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb

logger = logging.getLogger(__name__)


def mail_is_set_up() -> bool:
    """Whether mails leave this machine; otherwise the link is shown to whoever made it."""
    return bool(settings.EMAIL_URL)


def sign_in_link(user: User) -> str:
    """The address at which this person chooses a password: works once, and for a limited time.

    It is kept nowhere: the key is computed from what the account holds now, so that choosing a
    password, signing in or another mail address makes it worthless.
    """
    key = app_settings.PASSWORD_RESET_TOKEN_GENERATOR().make_token(user)
    path = reverse(
        "account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": key}
    )
    return f"{settings.BASE_URL}{path}"


def send_invitation(*, subject_id: int, at: datetime, again: bool) -> None:
    """Mail a person their link; an OSError means: not yet, try again. Twice does no harm."""
    user = User.objects.filter(pk=subject_id, is_active=True).first()
    if user is None:
        return
    with translation.override(user.language):
        hours = settings.PASSWORD_RESET_TIMEOUT // 3600
        lines = [
            _("Hello %s,") % user.name,
            _("your account in the portal for incidents and business continuity is ready."),
            _("Your username is %s.") % user.username,
            _("Choose a password here (the link works once, for %d hours):") % hours,
            sign_in_link(user),
        ]
        message = EmailMessage(
            subject=_("Your account in Siaga"), body="\n\n".join(lines) + "\n", to=[user.email]
        )
    message.send()


@verb
def note_lost_invitation(*, subject_id: int, error: str, at: datetime) -> None:
    """Keep in the person's history that the mail could not be sent."""
    user = User.objects.filter(pk=subject_id).first()
    if user is not None:
        audit(
            action="user.invitation_lost",
            obj=user,
            actor=None,
            at=at,
            after={"error": error[:300]},
        )
