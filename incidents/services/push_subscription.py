"""Verbs of a browser that takes messages: its person adds it, its push service ends it."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bcp_portal.accounts.models import ContactKind, ContactMethod, User
from bcp_portal.accounts.services.contact_method import (
    BadAddressError,
    add_contact,
    remove_contact,
)
from bcp_portal.audit.verbs import verb
from incidents.channels.push_seal import Subscriber
from incidents.models import NoticeKind
from incidents.services.notice import send_test_notice, write_notice


@verb
def subscribe_browser(
    *, person: User, endpoint: str, keys: str, actor: User, at: datetime
) -> ContactMethod:
    """Let messages reach a person in this browser; a code goes there at once to prove that.

    A browser has one address, whoever sits before it: it no longer rings for anybody else.
    """
    try:
        Subscriber.read(keys)
    except ValueError as error:
        raise BadAddressError(_("The browser did not say how to reach it.")) from error
    others = ContactMethod.objects.filter(kind=ContactKind.PUSH, address=endpoint)
    for earlier in others.exclude(user=person):
        remove_contact(method=earlier, actor=actor, at=at)
    method = others.filter(user=person, push_keys=keys).first()
    if method is None:
        for earlier in others.filter(user=person):
            remove_contact(method=earlier, actor=actor, at=at)
        method = add_contact(
            user=person,
            kind=ContactKind.PUSH,
            address=endpoint,
            push_keys=keys,
            actor=actor,
            at=at,
        )
    send_test_notice(method=method, actor=actor, at=at)
    return method


@verb
def forget_browser(*, person: User, address: str, at: datetime) -> None:
    """Its push service says that it is gone: take it off the list, and tell its person."""
    ways = ContactMethod.objects.filter(user=person, kind=ContactKind.PUSH, address=address)
    for method in ways:
        write_notice(
            person=person,
            kind=NoticeKind.INFO,
            message=gettext_noop(
                "The browser %(place)s takes no messages of this portal any more and is off your"
                " list. Add it again in your profile."
            ),
            params={"place": method.address_said},
            path="/account/profile/#contacts",
            inbox_only=True,
            at=at,
        )
        remove_contact(method=method, actor=person, at=at)
