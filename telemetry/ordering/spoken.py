"""Orders for a site without a network: as a QR code, as eight words, and four words back.

A word is consonant, vowel, consonant, vowel: twelve bits, easy to say in any language. The key is
worked out for each device from the portal's secret and handed over when it is enrolled.
"""

import base64
import binascii
import hmac
import zlib
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid5

import segno

from bcp_portal.shared.hashing import keyed_hash
from telemetry.models import DesiredState, Device, Rung
from telemetry.ordering.compose import DRAIN, EVERY, FREEZE, RUN

CONSONANTS, VOWELS = "bdfghjklmnprstvz", "aiou"
PREFIX = "SIAGA1:"
_SPACE = UUID("5b1d0c52-7d0b-5b7e-9a53-0e6f4c1f2a10")
_MODES = ("normal", "offline", "maintenance")
_SYNCS = (RUN, FREEZE, DRAIN)
_RUNGS = tuple(Rung)
_VERSION = 1
_EPOCH_BITS = 24


def order_uid(site_code: str, epoch: int) -> UUID:
    """The identity of a desired state: a site that was told the number by phone knows it too."""
    return uuid5(_SPACE, f"{site_code}/{epoch}")


def voice_key(device: Device) -> str:
    """What only this device and the portal know; nothing of it is stored here."""
    return keyed_hash("order-voice", str(device.node_id))


def order_words(state: DesiredState, device: Device) -> str:
    """The desired state as eight words for one device.

    Words cannot name streams: if any stream has to stand still, they say that all do.
    """
    document = state.document
    code = _VERSION << 4 | _MODES.index(document["mode"]) << 2 | _SYNCS.index(_safest(document))
    low = state.epoch % 2**_EPOCH_BITS
    said = f"order/{document['site']}/{code}/{state.epoch}"
    seal = int.from_bytes(_seal(voice_key(device), said, 8))
    return " ".join(_words(code << 88 | low << 64 | seal, 8))


def _safest(document: dict[str, Any]) -> str:
    sync = document["sync"]
    if document["mode"] == "offline" or FREEZE in sync.values():
        return FREEZE
    return DRAIN if DRAIN in sync.values() else str(sync.get(EVERY, RUN))


def read_status(text: str, state: DesiredState, device: Device) -> Rung | None:
    """How far a device says it is with this state; None: wrong words, or another device's."""
    found = [word for word in text.lower().split() if word]
    for rung in _RUNGS:
        if hmac.compare_digest(" ".join(found).encode(), _status(state, device, rung).encode()):
            return rung
    return None


def _status(state: DesiredState, device: Device, rung: Rung) -> str:
    number = _RUNGS.index(rung)
    seal = int.from_bytes(_seal(voice_key(device), f"status/{state.epoch}/{number}", 4))
    return " ".join(_words(number << 44 | state.epoch % 4096 << 32 | seal, 4))


def qr_text(state: DesiredState) -> str:
    """The envelope in as few letters as a QR code likes."""
    envelope = state.envelope
    payload = zlib.compress(base64.b64decode(envelope["payload"]), 9)
    signature = base64.b64decode(envelope["signatures"][0]["sig"])
    return f"{PREFIX}{_pack(payload)}.{_pack(signature)}"


def qr_picture(state: DesiredState) -> str:
    """The same as a picture for a page: an SVG in a data address."""
    code = segno.make(qr_text(state), error="l", boost_error=False, micro=False)
    return str(code.svg_data_uri(scale=4, border=3, light="#ffffff", dark="#000000"))


def _words(bits: int, count: int) -> Iterator[str]:
    for place in reversed(range(count)):
        value = bits >> 12 * place & 0xFFF
        yield (
            CONSONANTS[value >> 8]
            + VOWELS[value >> 6 & 3]
            + CONSONANTS[value >> 2 & 15]
            + VOWELS[value & 3]
        )


def _seal(key: str, said: str, size: int) -> bytes:
    return hmac.digest(key.encode(), said.encode(), "sha256")[:size]


def _pack(content: bytes) -> str:
    return binascii.b2a_base64(content, newline=False).decode().translate(_URL_SAFE).rstrip("=")


_URL_SAFE = str.maketrans("+/", "-_")
