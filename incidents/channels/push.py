"""Web push: a message to a browser that asked for it, also while no page of ours is open."""

import base64
import uuid
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.utils.translation import gettext as _

from bcp_portal.accounts.models import ContactKind
from bcp_portal.shared.hashing import canonical_json
from incidents.channels.letter import ChannelError, GoneError, Letter
from incidents.channels.push_seal import MOST_WORDS, Subscriber, seal, vouch
from incidents.channels.webhook import LATER, TIMEOUT_S, RefusedError, refuse_inside_address
from incidents.models import NoticeKind

GONE = frozenset({httpx.codes.NOT_FOUND, httpx.codes.GONE})
# How long a push service keeps a message for a phone that is off: a call is of no use later.
KEPT_CALL_S, KEPT_NEWS_S = 3600, 86_400
MOST_SAID = 1200


def send_by_push(letter: Letter) -> None:
    """Hand a sealed letter to the push service of the browser."""
    if not letter.push_keys:
        raise GoneError("this browser was taken off the list")
    refuse_push_address(letter.address)
    headers = {
        "Authorization": vouch(letter.address, at=letter.written_at),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(KEPT_CALL_S if _is_call(letter) else KEPT_NEWS_S),
        "Urgency": "high" if _is_call(letter) else "normal",
        # A repeat takes the place of the first one where that has not arrived yet.
        "Topic": _topic(letter.idempotency_key),
    }
    body = seal(push_words(letter), to=Subscriber.read(letter.push_keys))
    try:
        with httpx.Client(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False) as client:
            answer = client.post(letter.address, content=body, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        # The words of the error name the address, which leads to this browser.
        raise ChannelError(type(error).__name__) from error
    _judge(answer)


def push_words(letter: Letter) -> bytes:
    """What the browser shows: no more than an SMS would carry, and always in one record."""
    said = letter.said[:MOST_SAID]
    while True:
        words = canonical_json(
            {
                "id": letter.idempotency_key,
                "title": "Siaga",
                "body": said,
                "open": letter.answer or letter.link,
                "stays": _is_call(letter),
            }
        )
        if len(words) <= MOST_WORDS:
            return words
        said = said[: len(said) // 2]


def refuse_push_address(address: str) -> None:
    """Refuse what no push service is: nothing inside our own network, nothing unencrypted."""
    parts = urlsplit(address)
    named = {parts.hostname, f"{parts.hostname}:{parts.port}"} & set(settings.WEBHOOK_ALLOW)
    if parts.scheme != "https" and not named:
        raise RefusedError("a push service has an https address")
    refuse_inside_address(address)


def push_problem(kind: str, address: str) -> str | None:
    """Say why no push service could be at this address; None if one could."""
    if kind != ContactKind.PUSH:
        return None
    try:
        refuse_push_address(address)
    except OSError:
        return _("This is not the address of a push service.")
    return None


def _judge(answer: httpx.Response) -> None:
    if answer.is_success:
        return
    words = f"the push service answered {answer.status_code}"
    if answer.status_code in GONE:
        raise GoneError(words)
    if answer.is_client_error and answer.status_code not in LATER:
        raise RefusedError(words)
    raise ChannelError(words)


def _is_call(letter: Letter) -> bool:
    return letter.kind == NoticeKind.CALL


def _topic(key: str) -> str:
    """At most 32 signs of an address: the same for every attempt of one letter."""
    return base64.urlsafe_b64encode(uuid.UUID(key).bytes).rstrip(b"=").decode()
