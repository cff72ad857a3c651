"""Signed orders: Ed25519 over a DSSE envelope, with a key that never leaves the data folder."""

import base64
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from bcp_portal.shared.hashing import canonical_json, sha256_hex
from bcp_portal.shared.key_file import keep_once

PAYLOAD_TYPE = "application/vnd.siaga.order+json"
_KEY_FILE = "order-signing.key"


def sign(document: object, *, kind: str = PAYLOAD_TYPE) -> dict[str, Any]:
    """Put a document into an envelope that only this portal can have sealed.

    The kind is sealed too: what was sealed as one thing can never be taken for another.
    """
    payload = canonical_json(document)
    key = _key(str(settings.DATA_DIR))
    return {
        "payloadType": kind,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [
            {
                "keyid": key_id(),
                "sig": base64.b64encode(key.sign(sealed_bytes(payload, kind=kind))).decode(),
            }
        ],
    }


def sealed_bytes(payload: bytes, *, kind: str = PAYLOAD_TYPE) -> bytes:
    """What is signed: DSSE's pre-authentication encoding, so that the type cannot be exchanged."""
    name = kind.encode()
    return b"DSSEv1 %d %b %d %b" % (len(name), name, len(payload), payload)


def is_ours(payload: bytes, signature: bytes, *, kind: str = PAYLOAD_TYPE) -> bool:
    """Whether this portal has sealed a payload as a thing of this kind."""
    try:
        key = _key(str(settings.DATA_DIR)).public_key()
        key.verify(signature, sealed_bytes(payload, kind=kind))
    except InvalidSignature:
        return False
    return True


def public_key() -> str:
    """The key that devices pin when they are enrolled, as base64 of its 32 bytes."""
    return base64.b64encode(_raw_public()).decode()


def key_id() -> str:
    """A short name of the key, for people who compare."""
    return sha256_hex(_raw_public())[:16]


def _raw_public() -> bytes:
    return _key(str(settings.DATA_DIR)).public_key().public_bytes_raw()


@lru_cache(maxsize=4)
def _key(folder: str) -> Ed25519PrivateKey:
    path = Path(folder) / _KEY_FILE
    if not path.exists():
        _make_key(path)
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{path} does not hold an Ed25519 key.")
    return key


def _make_key(path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    keep_once(
        path,
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )
