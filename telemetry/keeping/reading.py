"""The history of devices, whether its days are still open, packed or thinned: one interface."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from telemetry.keeping.columns import unpack
from telemetry.keeping.levels import Bin, begins, merged, summed
from telemetry.keeping.packing import Told, print_in, told_in
from telemetry.models import PackedSamples, Sample, SampleLevel


def samples_between(
    devices: Collection[int], *, begins_at: datetime, ends_at: datetime
) -> list[Told]:
    """Every sample that was sampled in the span and is still kept whole, in order of sampling."""
    rows = Sample.objects.filter(
        device_id__in=devices, sampled_at__gte=begins_at, sampled_at__lt=ends_at
    )
    told = [Told(one.device_id, one.boot_id, one.received_at, one.body) for one in rows]
    packs = PackedSamples.objects.filter(
        device_id__in=devices, day__in=_days(begins_at, ends_at)
    ).defer("prints", "ranges")
    for packed in packs:
        told += [one for one in told_in(packed) if begins_at <= one.sampled_at < ends_at]
    return sorted(told, key=lambda one: (one.sampled_at, one.device_id))


def bins_between(
    devices: Collection[int], *, begins_at: datetime, ends_at: datetime, span_s: int
) -> dict[int, list[Bin]]:
    """The level of each device in the span; open days are summed as they are asked for."""
    parts: dict[int, list[list[Bin]]] = defaultdict(list)
    levels = SampleLevel.objects.filter(
        device_id__in=devices, span_s=span_s, day__in=_days(begins_at, ends_at)
    )
    for level in levels:
        parts[level.device_id].append(unpack(bytes(level.body)))
    for device_id, heartbeats in _open_heartbeats(devices, begins_at, ends_at).items():
        parts[device_id].append(summed(heartbeats, span_s=span_s))
    return {
        device_id: [one for one in merged(lists) if begins_at <= begins(one) < ends_at]
        for device_id, lists in parts.items()
    }


def packed_prints(wanted: Collection[tuple[int, str, int]]) -> dict[tuple[int, str, int], bytes]:
    """The fingerprints of samples (device, boot, number) that lie in packs."""
    found: dict[tuple[int, str, int], bytes] = {}
    numbers: dict[tuple[int, str], list[int]] = defaultdict(list)
    for device_id, boot_id, seq in wanted:
        numbers[device_id, boot_id].append(seq)
    for (device_id, boot_id), asked in numbers.items():
        packs = PackedSamples.objects.filter(
            device_id=device_id, boot_id=boot_id,
            last_seq__gte=min(asked), first_seq__lte=max(asked),
        ).values_list("ranges", "prints")  # fmt: skip
        for ranges, prints in packs:
            for seq in asked:
                kept = print_in(ranges, bytes(prints), seq)
                if kept is not None:
                    found[device_id, boot_id, seq] = kept
    return found


def sampled_at_of(device_id: int, boot_id: UUID, seq: int) -> datetime | None:
    """When the sample of this number was sampled; None if it never came, or is forgotten."""
    # The open day first: what is packed in between has left it, and is found in its pack.
    rows = Sample.objects.filter(device_id=device_id, boot_id=boot_id, seq=seq)
    if sampled_at := rows.values_list("sampled_at", flat=True).first():
        return sampled_at
    packs = PackedSamples.objects.filter(
        device_id=device_id, boot_id=boot_id, first_seq__lte=seq, last_seq__gte=seq
    ).defer("prints")
    told = (one for packed in packs for one in told_in(packed) if one.body["seq"] == seq)
    return next((one.sampled_at for one in told), None)


def _open_heartbeats(
    devices: Collection[int], begins_at: datetime, ends_at: datetime
) -> dict[int, list[tuple[datetime, dict[str, object]]]]:
    rows = Sample.objects.filter(
        device_id__in=devices, kind="heartbeat", sampled_at__gte=begins_at, sampled_at__lt=ends_at
    ).values_list("device_id", "sampled_at", "body")
    found: dict[int, list[tuple[datetime, dict[str, object]]]] = defaultdict(list)
    for device_id, sampled_at, body in rows:
        found[device_id].append((sampled_at, body))
    return found


def _days(begins_at: datetime, ends_at: datetime) -> Sequence[date]:
    first, last = begins_at.astimezone(UTC).date(), ends_at.astimezone(UTC).date()
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
