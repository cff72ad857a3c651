"""Webhooks: a signed POST that the other side can verify and deduplicate."""

import hashlib
import hmac
import ipaddress
import socket
from datetime import datetime
from urllib.parse import urlsplit

import httpx
from django.conf import settings

from bcp_portal.shared.hashing import canonical_json, keyed_hash
from incidents.channels.letter import ChannelError, Letter

TIMEOUT_S = 5.0
# Answers that mean: not now.
LATER = frozenset({httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_MANY_REQUESTS})


class RefusedError(ChannelError):
    """The other side said no; asking again would change nothing."""


def signing_key(address: str) -> str:
    """The key with which letters to one address are signed; shown to its owner, never stored."""
    return keyed_hash("webhook", address)


def sign(body: bytes, *, timestamp: str, key: str) -> str:
    """HMAC-SHA256 over timestamp and body: an old letter cannot be replayed as a new one."""
    signed = timestamp.encode() + b"." + body
    return "sha256=" + hmac.digest(key.encode(), signed, hashlib.sha256).hex()


def send_by_webhook(letter: Letter) -> None:
    """Post a letter; anything but 2xx means not delivered."""
    content = {
        "id": letter.idempotency_key,
        "kind": letter.kind,
        "mode": letter.mode,
        "incident": letter.incident_code,
        "text": letter.subject,
        "body": letter.body,
        "link": letter.link,
        "possibly_twice": letter.possibly_twice,
        "at": letter.written_at,
    }
    post_signed(letter.address, content, key=letter.idempotency_key, at=letter.written_at)


def post_signed(address: str, content: dict[str, object], *, key: str, at: datetime) -> None:
    """Post what a program is to read, signed; the key lets it recognise a repeat."""
    refuse_inside_address(address)
    body = canonical_json(content)
    timestamp = str(int(at.timestamp()))
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": key,
        "X-Siaga-Timestamp": timestamp,
        "X-Siaga-Signature": sign(body, timestamp=timestamp, key=signing_key(address)),
    }
    try:
        # Redirects are not followed: they could lead to an address that was not checked.
        with httpx.Client(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False) as client:
            answer = client.post(address, content=body, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ChannelError(f"{type(error).__name__}: {error}") from error
    if answer.is_success:
        return
    words = f"the webhook answered {answer.status_code}"
    if answer.is_client_error and answer.status_code not in LATER:
        raise RefusedError(words)
    raise ChannelError(words)


def refuse_inside_address(url: str) -> None:
    """Refuse addresses of our own network, unless the operator has named the host.

    Otherwise whoever may enter a webhook could make the portal knock on inner doors.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host:
        raise RefusedError("a webhook needs an http or https address")
    if host in settings.WEBHOOK_ALLOW or f"{host}:{parts.port}" in settings.WEBHOOK_ALLOW:
        return
    port = parts.port or (443 if parts.scheme == "https" else 80)
    for *_rest, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        if not ipaddress.ip_address(str(place[0]).partition("%")[0]).is_global:
            raise RefusedError(f"{host} is an inner address; name it in SIAGA_WEBHOOK_ALLOW")
