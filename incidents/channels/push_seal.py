"""Sealing a message for one browser (RFC 8291) and vouching for who sends it (RFC 8292)."""

import base64
import binascii
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from bcp_portal.shared.key_file import keep_once

KEY_FILE = "web-push.key"
RECORD_SIZE = 4096
# One record holds the header, the mark of its end and the seal beside the words.
MOST_WORDS = RECORD_SIZE - 86 - 1 - 16
VOUCHED_FOR = timedelta(hours=12)


@dataclass(frozen=True)
class Subscriber:
    """What a browser told about itself: a point on the curve and sixteen secret bytes."""

    public: bytes
    secret: bytes

    @classmethod
    def read(cls, told: str) -> "Subscriber":
        """Read "public.secret"; raises ValueError for anything that no browser says."""
        public, _dot, secret = told.partition(".")
        try:
            found = cls(decoded(public), decoded(secret))
        except binascii.Error as error:
            raise ValueError("not base64") from error
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), found.public)
        if len(found.public) != 65 or len(found.secret) != 16:
            raise ValueError("a key of the wrong length")
        return found


def seal(words: bytes, *, to: Subscriber) -> bytes:
    """Encrypt words so that only this browser reads them; the push service sees their length."""
    ours = generate_private_key(SECP256R1())
    return seal_with(words, to=to, ours=ours, salt=secrets.token_bytes(16))


def seal_with(words: bytes, *, to: Subscriber, ours: EllipticCurvePrivateKey, salt: bytes) -> bytes:
    """Encrypt with a given key and salt; both are used once only."""
    our_point = point_of(ours.public_key())
    theirs = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), to.public)
    shared = ours.exchange(ECDH(), theirs)
    seed = _derived(
        shared, salt=to.secret, info=b"WebPush: info\0" + to.public + our_point, length=32
    )
    key = _derived(seed, salt=salt, info=b"Content-Encoding: aes128gcm\0", length=16)
    nonce = _derived(seed, salt=salt, info=b"Content-Encoding: nonce\0", length=12)
    header = salt + RECORD_SIZE.to_bytes(4, "big") + bytes([len(our_point)]) + our_point
    return header + AESGCM(key).encrypt(nonce, words + b"\x02", None)


def vouch(address: str, *, at: datetime) -> str:
    """The header by which the push service knows us: for its own origin, and not for long."""
    parts = urlsplit(address)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int((at + VOUCHED_FOR).timestamp()),
        "sub": _whom_to_ask(),
    }
    key = _key(str(settings.DATA_DIR))
    return f"vapid t={jwt.encode(claims, key, algorithm='ES256')}, k={public_key()}"


def public_key() -> str:
    """The key that a browser binds its subscription to, as it wants it."""
    return encoded(point_of(_key(str(settings.DATA_DIR)).public_key()))


def point_of(key: EllipticCurvePublicKey) -> bytes:
    """A public key as 65 bytes."""
    return key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )


def encoded(data: bytes) -> str:
    """Base64 as addresses carry it, without the signs at its end."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """The bytes of such a text."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _derived(secret: bytes, *, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def _whom_to_ask() -> str:
    """Where a push service may ask about our messages: this portal, or its mail address."""
    if settings.BASE_URL.startswith("https://"):
        return str(settings.BASE_URL)
    return f"mailto:{settings.DEFAULT_FROM_EMAIL.rpartition('<')[2].rstrip('>')}"


@lru_cache(maxsize=4)
def _key(folder: str) -> EllipticCurvePrivateKey:
    path = Path(folder) / KEY_FILE
    if not path.exists():
        fresh = generate_private_key(SECP256R1())
        keep_once(
            path,
            fresh.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
        )
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, EllipticCurvePrivateKey):
        raise TypeError(f"{path} does not hold a key on a curve.")
    return key
