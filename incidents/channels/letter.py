"""What a channel carries: words in the reader's language, and the key that marks a repeat."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from bcp_portal.accounts.models import ContactKind, ContactMethod
from incidents.answer_link import answer_link
from incidents.models import Delivery


class ChannelError(OSError):
    """A channel did not take the letter; trying again may help."""


class GoneError(ChannelError):
    """Nobody lives at this address any more; it is forgotten."""


@dataclass(frozen=True)
class Letter:
    """One delivery, ready to leave."""

    channel: str
    address: str
    idempotency_key: str
    subject: str
    body: str
    # The body without its links, and the link that answers a call: for channels that have buttons.
    said: str
    answer: str
    push_keys: str
    link: str
    kind: str
    mode: str
    incident_code: str
    written_at: datetime
    possibly_twice: bool


def write_letter(delivery: Delivery, *, at: datetime) -> Letter:
    """Put a delivery into the words, the language and the zone of its reader."""
    notice = delivery.notice
    person = notice.person
    answer = answer_link(notice) if notice.requires_ack else ""
    with translation.override(person.language), timezone.override(person.zone()):
        text = notice.text
        link = f"{settings.BASE_URL}{notice.path}" if notice.path else ""
        lines = [text, *_code_line(delivery)]
        if delivery.possibly_twice:
            lines.append(_("You may have received this message before."))
        if notice.requires_ack:
            lines.append(_("Please answer, or the next person will be called."))
        said = list(lines)
        if answer:
            lines.append(_("Answer with one press, without signing in: %s") % answer)
        if link:
            lines.append(link)
    return Letter(
        channel=delivery.channel,
        address=delivery.address,
        idempotency_key=str(delivery.idempotency_key),
        subject=" ".join(text.split())[:150],
        body="\n\n".join(lines) + "\n",
        said="\n".join(said),
        answer=answer,
        push_keys=_push_keys(delivery),
        link=link,
        kind=notice.kind,
        mode=notice.mode,
        incident_code=notice.incident.code if notice.incident else "",
        written_at=at,
        possibly_twice=delivery.possibly_twice,
    )


def _code_line(delivery: Delivery) -> list[str]:
    """The code of a way that is being verified: only what travels that way carries it."""
    method = ContactMethod.objects.filter(
        pk=delivery.notice.params.get("contact"),
        address=delivery.address,
        code_sent_at__isnull=False,
        verified_at=None,
    ).first()
    return [_("Your code: %s") % method.code] if method else []


def _push_keys(delivery: Delivery) -> str:
    """What a message to a browser is sealed with; empty once its owner has taken it back."""
    if delivery.channel != ContactKind.PUSH:
        return ""
    ways = ContactMethod.objects.filter(user=delivery.notice.person_id, kind=ContactKind.PUSH)
    method = ways.filter(address=delivery.address, is_active=True).first()
    return method.push_keys if method else ""
