"""What devices echo of the audit trail, gathered in memory and kept once a second."""

import threading
from datetime import datetime

from telemetry.models import AuditWitness, WitnessState

LONGEST = 300


class WitnessBook:
    """Remembers the newest word of each device until it is kept; the same word is kept once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[int, str] = {}
        self._new: dict[int, str] = {}

    def note(self, device_id: int, told: str) -> None:
        """Take a device's word; cheap, because it is said with each batch."""
        if told and len(told) <= LONGEST and self._kept.get(device_id) != told:
            with self._lock:
                self._new[device_id] = told

    def keep(self, *, at: datetime) -> None:
        """Write what is new, all in one statement."""
        with self._lock:
            taken, self._new = self._new, {}
        if not taken:
            return
        AuditWitness.objects.bulk_create(
            [
                AuditWitness(
                    device_id=device_id, told=told, told_at=at, state=WitnessState.UNCHECKED
                )
                for device_id, told in sorted(taken.items())
            ],
            update_conflicts=True,
            unique_fields=["device"],
            update_fields=["told", "told_at", "state"],
        )
        self._kept |= taken
