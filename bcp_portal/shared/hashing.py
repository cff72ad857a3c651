"""Canonical JSON, digests and keyed hashes: one way to turn content into a fingerprint."""

import functools
import hashlib
import hmac
import json
import secrets
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from uuid import UUID

from django.conf import settings


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    # Lazy translations and model instances are named, not dissected.
    return str(value)


def canonical_json(content: object) -> bytes:
    """Write content so that equal content gives equal bytes: sorted keys, no spaces, UTF-8."""
    text = json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain
    )
    return text.encode()


def sha256_hex(data: bytes) -> str:
    """Return the SHA-256 of the bytes as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


@functools.cache
def _key(purpose: str, secret_key: str) -> bytes:
    return hmac.digest(secret_key.encode(), f"siaga/{purpose}".encode(), "sha256")


def keyed_hash(purpose: str, secret: str) -> str:
    """Return HMAC-SHA256 of a secret under a key of its own for each purpose.

    What is stored for a token: a stolen database alone neither shows nor lets anybody test tokens.
    """
    return hmac.digest(_key(purpose, settings.SECRET_KEY), secret.encode(), "sha256").hex()


def new_secret(prefix: str) -> str:
    """Make a token of 256 random bits with a prefix that leak scanners can recognise."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"
