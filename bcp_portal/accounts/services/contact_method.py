"""Verbs of the ways to reach a person; each person keeps their own."""

from datetime import datetime
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Max
from django.utils.translation import gettext as _

from bcp_portal.accounts.hooks import address_problem
from bcp_portal.accounts.models import ContactKind, ContactMethod, User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError

MOST_METHODS = 10


class BadAddressError(DomainError):
    """Nothing could ever reach this address."""


@verb
def add_contact(*, user: User, kind: str, address: str, actor: User, at: datetime) -> ContactMethod:
    """Name one more way to reach a person; it is tried after those already there."""
    address = address.strip()
    if problem := _shape_problem(kind, address) or address_problem(kind, address):
        raise BadAddressError(problem)
    own = ContactMethod.objects.filter(user=user)
    if own.filter(kind=kind, address=address).exists():
        raise BadAddressError(_("This way to reach you is in the list already."))
    if own.count() >= MOST_METHODS:
        raise BadAddressError(_("%d ways to reach one person are enough.") % MOST_METHODS)
    last = own.aggregate(last=Max("position"))["last"] or 0
    method = ContactMethod.objects.create(user=user, kind=kind, address=address, position=last + 1)
    audit(action="user.add_contact", obj=user, actor=actor, at=at, after={"kind": kind})
    return method


@verb
def remove_contact(*, method: ContactMethod, actor: User, at: datetime) -> None:
    """Forget a way to reach a person; with none left, the mail of the account is used."""
    audit(
        action="user.remove_contact",
        obj=method.user,
        actor=actor,
        at=at,
        before={"kind": method.kind},
    )
    method.delete()


@verb
def prefer_contact(*, method: ContactMethod, actor: User, at: datetime) -> None:
    """Try this way one place earlier than before."""
    rows = ContactMethod.objects.select_for_update().filter(user=method.user_id)
    ways = list(rows.order_by("position", "pk"))
    place = next(number for number, way in enumerate(ways) if way.pk == method.pk)
    if place:
        ways[place - 1], ways[place] = ways[place], ways[place - 1]
    for position, way in enumerate(ways, start=1):
        way.position = position
    ContactMethod.objects.bulk_update(ways, ["position"])
    audit(
        action="user.order_contacts",
        obj=method.user,
        actor=actor,
        at=at,
        after={"order": [way.kind for way in ways]},
    )


def _shape_problem(kind: str, address: str) -> str:
    if kind == ContactKind.MAIL:
        try:
            validate_email(address)
        except ValidationError:
            return _("This is not a mail address.")
        return ""
    parts = urlsplit(address)
    if kind == ContactKind.WEBHOOK and (parts.scheme not in ("http", "https") or not parts.netloc):
        return _("A webhook is an address that begins with https://.")
    if kind == ContactKind.CHAT and "://" not in address:
        return _("Write the address of a chat service, for example tgram://token/chat.")
    return ""
