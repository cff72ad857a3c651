"""Verbs of our own eyes: probe the witnesses outside, remember what they answered."""

import socket
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings

from bcp_portal.audit.verbs import verb
from telemetry.detection.sight import Probes
from telemetry.models import ObserverProbe

PROBE_TIMEOUT_S = 3.0
# Older answers say nothing about now: three rounds of fifteen seconds.
FRESH = timedelta(seconds=45)
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Answer:
    """What one witness said."""

    witness: str
    role: str
    is_ok: bool
    rtt_ms: int | None
    error: str


def read_probes(at: datetime) -> Probes:
    """Sum up the fresh answers."""
    rows = list(ObserverProbe.objects.filter(probed_at__gte=at - FRESH))
    witnesses = [row for row in rows if row.role == "witness"]
    central = [row.is_ok for row in rows if row.role == "central"]
    return Probes(
        witnesses=len(witnesses),
        answered=sum(row.is_ok for row in witnesses),
        central_ok=central[0] if central else None,
    )


def probe_witnesses(*, at: datetime) -> str:
    """Ask every witness at once whether it hears us, and note the answers."""
    asked = [(address, "witness") for address in settings.WITNESSES]
    if settings.CENTRAL_PROBE:
        asked.append((settings.CENTRAL_PROBE, "central"))
    if not asked:
        return "no witnesses are configured"
    with ThreadPoolExecutor(max_workers=len(asked)) as pool:
        answers = list(pool.map(_ask, asked))
    note_answers(answers=answers, at=at)
    return f"{sum(answer.is_ok for answer in answers)} of {len(answers)} answered"


@verb
def note_answers(*, answers: Sequence[Answer], at: datetime) -> None:
    """Remember the newest answer of each witness; forget witnesses that are not asked any more."""
    for answer in answers:
        ObserverProbe.objects.update_or_create(
            witness=answer.witness,
            defaults={
                "role": answer.role,
                "probed_at": at,
                "is_ok": answer.is_ok,
                "rtt_ms": answer.rtt_ms,
                "error": answer.error,
            },
        )
    ObserverProbe.objects.exclude(witness__in=[answer.witness for answer in answers]).delete()


def _ask(asked: tuple[str, str]) -> Answer:
    address, role = asked
    parts = urlsplit(address)
    began = time.monotonic()
    try:
        target = (parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 443))
        with socket.create_connection(target, timeout=PROBE_TIMEOUT_S):
            took = round((time.monotonic() - began) * 1000)
        return Answer(address, role, is_ok=True, rtt_ms=took, error="")
    except (OSError, ValueError) as error:
        return Answer(address, role, is_ok=False, rtt_ms=None, error=type(error).__name__)
