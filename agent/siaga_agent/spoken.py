"""Orders for a site without a network: read from a QR code, or spoken as eight words.

A word is consonant, vowel, consonant, vowel: twelve bits, easy to say in any language. Eight of
them carry the state, the number and 64 bits that only headquarters can have worked out for this
very device; four carry the answer back.
"""

import base64
import binascii
import hmac
import zlib
from collections.abc import Iterable, Iterator
from uuid import UUID, uuid5

from siaga_agent.desired import DRAIN, EVERY, FREEZE, MODES, RUN
from siaga_agent.sealed import PAYLOAD_TYPE
from siaga_agent.store import Json

CONSONANTS, VOWELS = "bdfghjklmnprstvz", "aiou"
PREFIX = "SIAGA1:"
SPACE = UUID("5b1d0c52-7d0b-5b7e-9a53-0e6f4c1f2a10")
SYNCS = (RUN, FREEZE, DRAIN)
PHASES = (
    "published", "received", "verified", "applied", "held", "completed", "expired", "failed",
    "rejected",
)  # fmt: skip
_VERSION = 1
_EPOCH_BITS, _SEAL_BITS = 24, 64
_MOST_UNPACKED = 64 * 1024


class UnreadableError(Exception):
    """What was read or said is no order for this device; the text says why."""


def order_id(site: str, epoch: int) -> str:
    """The identity of an order: whoever knows site and number knows it."""
    return str(uuid5(SPACE, f"{site}/{epoch}"))


def read_qr(text: str) -> Json:
    """The envelope that a QR code holds."""
    try:
        packed, signature = text.strip().removeprefix(PREFIX).split(".")
        unpacker = zlib.decompressobj()
        payload = unpacker.decompress(_unpack(packed), _MOST_UNPACKED)
        sealed = _unpack(signature)
    except (ValueError, binascii.Error, zlib.error) as error:
        raise UnreadableError("The code cannot be read; scan it again.") from error
    return {
        "payloadType": PAYLOAD_TYPE,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [{"sig": base64.b64encode(sealed).decode()}],
    }


def read_words(text: str, *, key: str, site: str, highest: int) -> Json:
    """The order that eight words say; refused unless headquarters has sealed it for this device."""
    bits = _bits(text.split(), 8)
    state, low, seal = bits >> 88, (bits >> 64) % 2**_EPOCH_BITS, bits % 2**_SEAL_BITS
    if state >> 4 != _VERSION:
        raise UnreadableError("These words are not an order of a kind that this agent knows.")
    epoch = (highest >> _EPOCH_BITS << _EPOCH_BITS) | low
    if epoch < highest:
        epoch += 2**_EPOCH_BITS
    if not hmac.compare_digest(_seal(key, f"order/{site}/{state}/{epoch}", 8), seal.to_bytes(8)):
        raise UnreadableError("A word is wrong, or the order is not for this device. Ask again.")
    mode, sync = (state >> 2) % 4, state % 4
    return {
        "version": 1,
        "order_id": order_id(site, epoch),
        "site": site,
        "epoch": epoch,
        "mode": MODES[mode] if mode < len(MODES) else "offline",
        "sync": {EVERY: SYNCS[sync] if sync < len(SYNCS) else FREEZE},
        "by_words": True,
    }


def status_words(*, key: str, epoch: int, phase: str) -> str:
    """Four words that say how far the order has come, to be read back by phone."""
    rung = PHASES.index(phase)
    seal = int.from_bytes(_seal(key, f"status/{epoch}/{rung}", 4))
    return " ".join(_words((rung << 44) | (epoch % 4096 << 32) | seal, 4))


def _bits(words: Iterable[str], count: int) -> int:
    found = [word.lower() for word in words]
    if len(found) != count:
        raise UnreadableError(f"It takes {count} words; these are {len(found)}.")
    bits = 0
    for word in found:
        bits = bits << 12 | _value(word)
    return bits


def _value(word: str) -> int:
    if len(word) != 4:
        raise UnreadableError(f"“{word}” is no such word; each has four letters.")
    value = 0
    for place, letter in enumerate(word):
        alphabet = VOWELS if place % 2 else CONSONANTS
        if letter not in alphabet:
            raise UnreadableError(f"“{word}” is no such word.")
        value = value * len(alphabet) + alphabet.index(letter)
    return value


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


def _unpack(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
