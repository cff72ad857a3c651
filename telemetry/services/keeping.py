"""Verbs of what is kept: days are packed when they are over, and forgotten level by level."""

import logging
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from django.conf import settings
from django.db import OperationalError, connection
from django.db.models import Max, QuerySet

from bcp_portal.audit.verbs import audit, verb
from telemetry.keeping import partitions
from telemetry.keeping.packing import levels_of, packs_of
from telemetry.models import Device, PackedDay, PackedSamples, PackKind, Sample, SampleLevel

logger = logging.getLogger(__name__)

# Nobody commits an arrival of yesterday later than this.
_SETTLES = timedelta(hours=1)
DEVICES_A_TURN = 40
# A device that said more goes on in the next turn, so that a flood does not fill the memory.
MOST_SAMPLES = 20_000
_FORGOTTEN_AT_ONCE = 2000


class LateSampleError(Exception):
    """Something came while its day was being packed; the device is packed again."""


def pack_days(*, at: datetime, most: int = DEVICES_A_TURN) -> str:
    """Pack a few devices' samples of days that are over; killed anywhere, nothing is lost or twice.

    What was packed and its samples leave in one transaction, device by device; the sums are made
    before it begins, so that ingest waits for the writing only.
    """
    day = (at - _SETTLES).astimezone(UTC).date() - timedelta(days=1)
    turn = PackedDay.objects.filter(day=day).first() or open_day(day=day, at=at)
    if turn.packed_at is not None:
        return f"{day}: packed"
    devices = list(Device.objects.filter(pk__gt=turn.after_device).order_by("pk")[:most])
    packed = 0
    for device in devices:
        packed += _pack_device(turn, device)
    if len(devices) < most:
        close_day(turn=turn, at=at)
    return f"{day}: {packed} samples of {len(devices)} devices"


def _pack_device(turn: PackedDay, device: Device) -> int:
    ends = datetime.combine(turn.day + timedelta(days=1), time(), tzinfo=UTC)
    packed = 0
    while True:
        # Everything older too: an engine that stood still for a week packs a week.
        rows = Sample.objects.filter(device=device, received_at__lt=ends)
        samples = list(rows.order_by("boot_id", "seq")[:MOST_SAMPLES])
        try:
            keep_device_day(turn=turn, device=device, samples=samples, ends=ends)
        except LateSampleError:
            logger.warning("Samples of device %s changed while they were packed", device.pk)
            return packed
        packed += len(samples)
        if len(samples) < MOST_SAMPLES:
            return packed


@verb
def open_day(*, day: date, at: datetime) -> PackedDay:
    """Begin to pack a day."""
    return PackedDay.objects.get_or_create(day=day, defaults={"began_at": at})[0]


@verb
def keep_device_day(
    *, turn: PackedDay, device: Device, samples: Sequence[Sample], ends: datetime
) -> None:
    """Put packs and levels in the place of these samples: one device, one transaction."""
    size = 0
    # The day first: two workers with the same device wait here, and the second finds nothing.
    mark = PackedDay.objects.select_for_update().get(pk=turn.pk)
    if samples:
        size = _put(device, samples)
        if _take_away(device, samples, ends) != len(samples):
            raise LateSampleError
    mark.samples += len(samples)
    mark.bytes += size
    if len(samples) < MOST_SAMPLES:
        mark.after_device = max(mark.after_device, device.pk)
    mark.save(update_fields=["samples", "bytes", "after_device"])


def _put(device: Device, samples: Sequence[Sample]) -> int:
    size = 0
    for packed in packs_of(samples):
        known = PackedSamples.objects.filter(
            device=device, day=packed.day, kind=packed.kind, boot_id=packed.boot_id
        )
        packed.part = _next(known)
        packed.save(force_insert=True)
        size += len(packed.body) + len(packed.prints)
    for level in levels_of(samples):
        kept = SampleLevel.objects.filter(device=device, day=level.day, span_s=level.span_s)
        level.part = _next(kept)
        level.save(force_insert=True)
    return size


def _next(rows: "QuerySet[PackedSamples] | QuerySet[SampleLevel]") -> int:
    last = rows.aggregate(last=Max("part"))["last"]
    return 0 if last is None else last + 1


def _take_away(device: Device, samples: Sequence[Sample], ends: datetime) -> int:
    taken = 0
    boots = sorted({sample.boot_id for sample in samples})
    for boot_id in boots:
        numbers = [sample.seq for sample in samples if sample.boot_id == boot_id]
        rows = Sample.objects.filter(
            device=device, boot_id=boot_id, seq__range=(numbers[0], numbers[-1]),
            received_at__lt=ends,
        )  # fmt: skip
        taken += rows.delete()[0]
    return taken


@verb
def close_day(*, turn: PackedDay, at: datetime) -> None:
    """Say that a day is packed; on PostgreSQL its partition goes, which costs nothing."""
    PackedDay.objects.filter(pk=turn.pk).update(packed_at=at)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            if partitions.is_split(cursor):
                partitions.drop_day(cursor, turn.day)
    turn.refresh_from_db()
    after = {"samples": turn.samples, "bytes": turn.bytes}
    audit(action="samples.pack", obj=turn, actor=None, at=at, after=after)


@verb
def make_partitions(*, at: datetime) -> str:
    """See to it that the days ahead have their place before anything arrives for them."""
    if connection.vendor != "postgresql":
        return "one table"
    with connection.cursor() as cursor:
        if not partitions.is_split(cursor):
            return "one table"
        made = partitions.make_days(cursor, today=at.astimezone(UTC).date())
    return f"{made} made"


def keep_partitions(*, at: datetime) -> str:
    """Make partitions ahead; a lock that is not to be had now is asked for again soon."""
    try:
        return make_partitions(at=at)
    except OperationalError as error:
        logger.warning("No partitions made this time: %s", error)
        return "later"


@verb
def forget_samples(*, at: datetime) -> str:
    """Let go of what is older than its level is kept; sessions, conflicts and orders never are."""
    today = at.astimezone(UTC).date()
    raw = PackedSamples.objects.filter(kind=PackKind.HEARTBEAT, day__lt=today - settings.KEEP_RAW)
    fine = SampleLevel.objects.filter(span_s=300, day__lt=today - settings.KEEP_FIVE_MINUTES)
    coarse = SampleLevel.objects.filter(span_s=3600, day__lt=today - settings.KEEP_HOURLY)
    gone = {"raw": _forget(raw), "five_minutes": _forget(fine), "hourly": _forget(coarse)}
    if newest := PackedDay.objects.order_by("-day").first() if any(gone.values()) else None:
        audit(action="samples.forget", obj=newest, actor=None, at=at, after=gone)
    return ", ".join(f"{count} {name}" for name, count in gone.items())


def _forget(rows: "QuerySet[PackedSamples] | QuerySet[SampleLevel]") -> int:
    oldest = list(rows.order_by("day").values_list("pk", flat=True)[:_FORGOTTEN_AT_ONCE])
    return rows.filter(pk__in=oldest).delete()[0] if oldest else 0
