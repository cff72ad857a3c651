"""Signals in the reader's language: the sentence, and the arithmetic behind it."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from bcp_portal.shared.durations import format_duration
from telemetry.detection.amend import EXPLANATIONS
from telemetry.models import Signal
from telemetry.wording_sums import other_sentences


def signal_title(signal: Signal) -> str:
    """The sentence of a signal."""
    return str(_(signal.title) % signal.params)


def explain_sums(sums: Mapping[str, Any]) -> list[str]:
    """The sums of a signal as short sentences: "14 of 14 in Jawa Timur; chance 1e-28"."""
    return list(_sentences(sums))


def _sentences(sums: Mapping[str, Any]) -> Iterator[str]:
    if "k" in sums and "n" in sums:
        yield _("%(k)s of %(n)s in %(name)s; chance by accident %(chance)s") % sums
    if "last_heard_at" in sums:
        yield _("last heard %(time)s") % {"time": _clock(sums["last_heard_at"])}
    if "due_at" in sums and "rpo_s" in sums:
        yield _("RPO %(rpo)s; oldest waiting since %(oldest)s; exceeded at %(due)s") % {
            "rpo": format_duration(float(sums["rpo_s"])),
            "oldest": _clock(sums["oldest_pending_at"]),
            "due": _clock(sums["due_at"]),
        }
    if "site_digest" in sums:
        yield _("site %(site_digest)s, centre %(centre_digest)s") % sums
    yield from other_sentences(sums)
    if sums.get("central_fails_at"):
        yield _("%(central_fails_at)s sites cannot reach the centre") % sums
    if "witnesses" in sums:
        yield _("%(witnesses)s witnesses outside") % sums
    if amendment := sums.get("amendment"):
        yield _("%(agreeing)s of %(asked)s returned sites say: %(cause)s") % {
            **amendment,
            "cause": _(EXPLANATIONS.get(amendment["cause"], amendment["cause"])),
        }


def _clock(text: str) -> str:
    moment = localtime(datetime.fromisoformat(text))
    return f"{moment:%d %b %H:%M:%S %Z}"
