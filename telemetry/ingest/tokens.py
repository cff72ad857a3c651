"""Whose token this is: a keyed hash, looked up once and remembered for a moment.

Remembering is safe for batches: the transaction that stores one asks again whether the device is
still in service, so a revoked token stores nothing from the moment of its revocation.
"""

import hashlib
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from bcp_portal.shared.hashing import keyed_hash
from telemetry.models import Device
from telemetry.tokens import DEVICE_TOKEN

_REMEMBERED_S = 1.0
_KNOWN_REMEMBERED_S = 300.0
_MOST_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """The device behind a token."""

    device_id: int
    node_id: str
    phase: int
    is_usable: bool

    def phase_s(self, every_s: int) -> int:
        """Where in its period the device speaks: spread evenly, always the same for one."""
        return self.phase % max(1, every_s)


def _holder(pk: int, node_id: UUID, *ended: datetime | None) -> TokenHolder:
    phase = int.from_bytes(hashlib.sha256(node_id.bytes).digest()[:8])
    return TokenHolder(pk, str(node_id), phase, all(moment is None for moment in ended))


class TokenBook:
    """Remembers holders of tokens; strangers only for a second, so that guessing stays cheap."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, TokenHolder | None]] = {}
        self._lock = threading.Lock()

    def remembered(self, token: str) -> tuple[bool, TokenHolder | None]:
        """Whether the answer is known without asking the database, and the answer."""
        entry = self._known.get(token)
        if entry is None or entry[0] < time.monotonic():
            return False, None
        return True, entry[1]

    def look_up(self, token: str) -> TokenHolder | None:
        """Ask the database, and remember."""
        row = (
            Device.objects.filter(token_hash=keyed_hash(DEVICE_TOKEN, token))
            .values_list("pk", "node_id", "revoked_at", "retired_at")
            .first()
        )
        holder = _holder(*row) if row else None
        is_good = holder is not None and holder.is_usable
        until = time.monotonic() + (_KNOWN_REMEMBERED_S if is_good else _REMEMBERED_S)
        with self._lock:
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            self._known[token] = (until, holder)
        return holder

    def forget(self) -> None:
        """Start anew."""
        with self._lock:
            self._known.clear()
