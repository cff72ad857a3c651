"""Verbs of the sequence ledger."""

from collections.abc import Iterable
from datetime import datetime

from bcp_portal.audit.verbs import verb
from telemetry.models import Device, DeviceState, SequenceLedger


@verb
def open_ledgers(*, keys: Iterable[tuple[int, str]], at: datetime) -> None:
    """Start the books of boots that are heard for the first time."""
    wanted = sorted(keys)
    known = set(
        Device.objects.filter(pk__in={pk for pk, _boot in wanted}).values_list("pk", flat=True)
    )
    # Another process may hear of the same boot at the same moment.
    DeviceState.objects.bulk_create(
        [DeviceState(device_id=pk) for pk in sorted(known)], ignore_conflicts=True
    )
    SequenceLedger.objects.bulk_create(
        [
            SequenceLedger(device_id=pk, boot_id=boot, first_received_at=at, last_received_at=at)
            for pk, boot in wanted
            if pk in known
        ],
        ignore_conflicts=True,
    )
