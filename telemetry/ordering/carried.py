"""What people carry of an order by voice or picture, read again: an answer, or the order itself."""

import base64
import binascii
import json
import zlib
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from bcp_portal.shared.errors import DomainError
from telemetry.models import DesiredState, Device, Rung
from telemetry.ordering.signing import is_ours
from telemetry.ordering.spoken import CONSONANTS, PREFIX, VOWELS, order_words, read_status

ANSWER, ORDER = 4, 8
_MOST_UNPACKED = 64 * 1024


class UnreadableError(DomainError):
    """What was scanned or typed says nothing here; the sentence says what is wrong with it."""


@dataclass(frozen=True)
class Answer:
    """How far a device says it is."""

    device: Device
    rung: Rung


@dataclass(frozen=True)
class Genuine:
    """An order of ours for this site; by words it is for one device alone."""

    number: int
    is_current: bool
    device: Device | None = None


def read_carried(text: str, state: DesiredState, devices: list[Device]) -> Answer | Genuine:
    """Say what was scanned or typed at this site; refuse it with what is wrong."""
    said = text.strip()
    if said.startswith(PREFIX):
        return _from_code(said, state)
    words = said.lower().split()
    _check_words(words)
    if len(words) == ORDER:
        for device in devices:
            if order_words(state, device) == " ".join(words):
                return Genuine(state.epoch, is_current=True, device=device)
        raise UnreadableError(
            _("These words are not the order in force, or for no device here. Do not act on them.")
        )
    for device in devices:
        rung = read_status(" ".join(words), state, device)
        if rung is not None:
            return Answer(device, rung)
    raise UnreadableError(
        _("These words fit no device here, or answer an older order. Let them be read again.")
    )


def _check_words(words: list[str]) -> None:
    for place, word in enumerate(words, 1):
        if not _is_word(word):
            raise UnreadableError(
                _("Word %(place)s, “%(word)s”, is no such word; each has four letters like “bako”.")
                % {"place": place, "word": word[:20]}
            )
    if len(words) not in (ANSWER, ORDER):
        raise UnreadableError(
            _("An answer has four words and an order eight; these are %(count)s.")
            % {"count": len(words)}
        )


def _is_word(word: str) -> bool:
    return len(word) == 4 and all(
        letter in (VOWELS if place % 2 else CONSONANTS) for place, letter in enumerate(word)
    )


def _from_code(text: str, state: DesiredState) -> Genuine:
    try:
        packed, signature = text.removeprefix(PREFIX).split(".")
        payload = zlib.decompressobj().decompress(_unpack(packed), _MOST_UNPACKED)
        is_sealed = is_ours(payload, _unpack(signature))
    except (ValueError, binascii.Error, zlib.error) as error:
        raise UnreadableError(_("The code cannot be read; scan it again.")) from error
    document: dict[str, Any] = json.loads(payload) if is_sealed else {}
    if document.get("site") != state.site.code:
        raise UnreadableError(_("This code is not a sealed order for this site. Do not act on it."))
    return Genuine(int(document["epoch"]), is_current=document["epoch"] == state.epoch)


def _unpack(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
