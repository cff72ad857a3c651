"""Verbs of the ways to reach a person; each person keeps their own."""

import secrets
from datetime import datetime, time, timedelta
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
CODE_GOOD_FOR = timedelta(minutes=30)
MOST_TRIES = 5


class BadAddressError(DomainError):
    """Nothing could ever reach this address."""


class WrongCodeError(DomainError):
    """The code is not the one that was sent, or no longer good."""


@verb
def add_contact(
    *, user: User, kind: str, address: str, actor: User, at: datetime, push_keys: str = ""
) -> ContactMethod:
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
    method = ContactMethod.objects.create(
        user=user, kind=kind, address=address, push_keys=push_keys, position=last + 1
    )
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
def begin_verification(*, method: ContactMethod, actor: User, at: datetime) -> ContactMethod:
    """Let a new code be on its way; earlier ones are no longer good."""
    locked = ContactMethod.objects.select_for_update(of=("self",)).get(pk=method.pk)
    locked.code_sent_at, locked.code_tries = at, 0
    locked.save(update_fields=["code_sent_at", "code_tries"])
    audit(action="user.send_code", obj=locked.user, actor=actor, at=at, after={"kind": locked.kind})
    return locked


def check_code(*, method: ContactMethod, code: str, actor: User, at: datetime) -> None:
    """Take the code that came this way; a wrong one counts, and too many spoil it."""
    problem = try_code(method=method, code=code, actor=actor, at=at)
    if problem:
        raise WrongCodeError(problem)


@verb
def try_code(*, method: ContactMethod, code: str, actor: User, at: datetime) -> str:
    """Compare a code and count the attempt; return what is wrong, empty if it was right."""
    locked = ContactMethod.objects.select_for_update(of=("self",)).get(pk=method.pk)
    sent = locked.code_sent_at
    if sent is None or at - sent > CODE_GOOD_FOR or locked.code_tries >= MOST_TRIES:
        return _("This code is no longer good. Send a new one.")
    locked.code_tries += 1
    if not secrets.compare_digest(locked.code.encode(), code.strip().encode()):
        locked.save(update_fields=["code_tries"])
        return _("This is not the code that was sent.")
    locked.verified_at, locked.code_sent_at = at, None
    locked.save(update_fields=["verified_at", "code_sent_at", "code_tries"])
    after = {"kind": locked.kind}
    audit(action="user.verify_contact", obj=locked.user, actor=actor, at=at, after=after)
    return ""


@verb
def set_quiet_hours(
    *,
    method: ContactMethod,
    quiet_from: time | None,
    quiet_until: time | None,
    actor: User,
    at: datetime,
) -> None:
    """Keep news from coming this way for a part of the day; calls come always."""
    if (quiet_from is None) != (quiet_until is None) or (quiet_from and quiet_from == quiet_until):
        raise BadAddressError(_("Quiet hours need a beginning and another end, or neither."))
    method.quiet_from, method.quiet_until = quiet_from, quiet_until
    method.save(update_fields=["quiet_from", "quiet_until"])
    after = {"kind": method.kind, "from": str(quiet_from), "until": str(quiet_until)}
    audit(action="user.quiet_hours", obj=method.user, actor=actor, at=at, after=after)


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
