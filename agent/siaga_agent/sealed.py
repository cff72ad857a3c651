"""Envelopes that only headquarters can have sealed: Ed25519 over DSSE, against a pinned key."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from siaga_agent.store import Json

PAYLOAD_TYPE = "application/vnd.siaga.order+json"


class BadSealError(Exception):
    """The envelope was not sealed by the key that this device knows, or cannot be read."""


def open_sealed(envelope: Mapping[str, Any], *, key: str, kind: str = PAYLOAD_TYPE) -> Json:
    """The document inside, if its seal is good; the type is part of what is sealed."""
    if envelope.get("payloadType") != kind:
        noun = "an order" if kind == PAYLOAD_TYPE else "what was asked for"
        raise BadSealError(f"It is not {noun}.")
    payload = _bytes(envelope.get("payload"))
    public = Ed25519PublicKey.from_public_bytes(_bytes(key))
    signatures = envelope.get("signatures")
    for entry in signatures if isinstance(signatures, list) else []:
        try:
            public.verify(_bytes(entry.get("sig")), sealed_bytes(payload, kind=kind))
        except (InvalidSignature, BadSealError, AttributeError):
            continue
        return read_document(envelope)
    raise BadSealError("Its signature is not that of headquarters.")


def sealed_bytes(payload: bytes, *, kind: str = PAYLOAD_TYPE) -> bytes:
    """What is signed: DSSE's pre-authentication encoding."""
    name = kind.encode()
    return b"DSSEv1 %d %b %d %b" % (len(name), name, len(payload), payload)


def read_document(envelope: Mapping[str, Any]) -> Json:
    """The document inside, unchecked."""
    try:
        told = json.loads(_bytes(envelope.get("payload")))
    except (ValueError, RecursionError) as error:
        raise BadSealError("Its content cannot be read.") from error
    if not isinstance(told, dict):
        raise BadSealError("Its content is not one object.")
    return told


def _bytes(text: Any) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (TypeError, ValueError, binascii.Error) as error:
        raise BadSealError("It is not written as it should be.") from error
