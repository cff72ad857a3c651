"""Tone of an update: hints that keep words calm, exact and useful; they never block."""

import re
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

LONGEST_SENTENCE = 30
LONGEST_TEXT = 1200

ALARM = (
    "catastroph", "disaster", "panic", "chaos", "crisis", "emergency", "terrible", "devastat",
    "bencana", "kacau", "darurat", "malapetaka", "gawat", "parah", "hancur", "lumpuh total",
)  # fmt: skip
GUESS = (
    "probably", "maybe", "we think", "we believe", "we guess", "hopefully", "should be fine",
    "mungkin", "sepertinya", "barangkali", "semoga", "kayaknya", "diduga",
)  # fmt: skip
BLAME = (
    "fault of", "blame", "their mistake", "incompetent", "negligen",
    "kesalahan pihak", "gara-gara", "kelalaian", "ulah",
)  # fmt: skip
SOON = (
    "as soon as possible", "asap", "shortly", "soon", "in due course",
    "secepatnya", "segera", "sebentar lagi", "dalam waktu dekat",
)  # fmt: skip
JARGON = (
    "rpo", "rto", "mtpd", "failover", "checksum", "shard", "replication slot", "rollback",
    "stack trace", "ransomware", "root cause", "node", "dns", "vpn",
)  # fmt: skip


@dataclass(frozen=True)
class ToneHint:
    """One thing to look at before it goes out."""

    words: str
    advice: str | Promise


_LISTS: tuple[tuple[tuple[str, ...], str | Promise], ...] = (
    (ALARM, _("alarms more than it explains; say what does not work and what does")),
    (GUESS, _("is a guess; say what is known, and that the rest is being looked into")),
    (BLAME, _("blames; the cause belongs into the review")),
    (SOON, _("is no time; say when they will hear again")),
)
_JARGON = _("is a word of our trade; say what people notice")


def tone_hints(text: str, *, is_outside: bool, has_next: bool) -> list[ToneHint]:
    """What could frighten, mislead or leave people waiting."""
    hints = [ToneHint(found, advice) for words, advice in _LISTS for found in _matches(text, words)]
    if is_outside:
        hints += [ToneHint(found, _JARGON) for found in _matches(text, JARGON)]
    return [*hints, *_shape(text), *_gaps(text, has_next=has_next)]


def _matches(text: str, words: tuple[str, ...]) -> list[str]:
    low = text.casefold()
    found = []
    for word in words:
        match = re.search(rf"\b{re.escape(word)}\w*", low)
        if match:
            found.append(text[match.start() : match.end()])
    return found


def _shape(text: str) -> list[ToneHint]:
    hints = []
    shout = re.search(r"\b[A-Z]{5,}(?:\s+[A-Z]{3,})*\b", text)
    if shout:
        hints.append(ToneHint(shout[0], _("shouts; capitals frighten")))
    if "!" in text:
        hints.append(ToneHint("!", _("is louder than it needs to be")))
    longest = max(
        (s for s in re.split(r"[.!?\n]+", text)), key=lambda s: len(s.split()), default=""
    )
    if len(longest.split()) > LONGEST_SENTENCE:
        start = " ".join(longest.split()[:6])
        hints.append(ToneHint(f"{start} …", _("is a long sentence; two short ones read better")))
    if len(text) > LONGEST_TEXT:
        hints.append(ToneHint("…", _("is long; most people read three sentences")))
    return hints


def _gaps(text: str, *, has_next: bool) -> list[ToneHint]:
    if has_next or "{next_update}" in text or not text.strip():
        return []
    return [ToneHint("–", _("Nobody learns when they hear again; promise a time you can keep"))]
