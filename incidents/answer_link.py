"""The link with which a call is answered from any phone: signed, for a day, good once."""

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.translation import gettext as _

from bcp_portal.shared.errors import DomainError
from incidents.models import Notice

SALT = "siaga.incidents.answer"
GOOD_FOR = timedelta(days=1)


class BadAnswerLinkError(DomainError):
    """The link was not made by us, or long ago."""


def answer_link(notice: Notice) -> str:
    """Where the person of a call answers it with one press."""
    token = signing.dumps([notice.pk, notice.person_id], salt=SALT)
    return settings.BASE_URL + reverse("incidents:answer", args=[token])


def notice_of(token: str) -> Notice:
    """The call that a link answers; refuses what we did not sign, and whoever has left."""
    refusal = BadAnswerLinkError(_("This link is no longer good. Sign in and answer there."))
    try:
        pk, person = signing.loads(token, salt=SALT, max_age=GOOD_FOR)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise refusal from error
    rows = Notice.objects.for_list().select_related("person")
    notice = rows.filter(pk=pk, person=person, requires_ack=True, person__is_active=True).first()
    if notice is None:
        raise refusal
    return notice
