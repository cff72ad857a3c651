"""Verb that keeps the worst exposure of each day: the RPO that a stream really achieved."""

from datetime import datetime, timedelta

from django.db.models import F

from bcp_portal.audit.verbs import verb
from telemetry.models import RpoDay, StreamState

BATCH = 500


@verb
def note_exposure(*, at: datetime) -> str:
    """Keep for today what has waited longest in each stream, where it is longer than before.

    Asked once a minute, so that the figure is at most a minute too kind; the clock runs on while
    a site is dark, because the moment is known and not the age.
    """
    today = at.date()
    known = dict(RpoDay.objects.filter(day=today).values_list("stream_id", "worst"))
    waiting = (
        StreamState.objects.filter(
            oldest_pending_at__lt=at, pending_records__gt=0, stream__site__closed_on=None
        )
        .exclude(device__retired_at__isnull=False)
        .annotate(target=F("stream__rpo"))
        .order_by("stream_id")
    )
    rows = [
        RpoDay(
            stream_id=row.stream_id,
            day=today,
            worst=exposure,
            worst_at=at,
            records=row.pending_records,
            value_minor=row.pending_value_minor,
            currency=row.currency,
            rpo=row.target,
        )
        for row in waiting
        if row.oldest_pending_at is not None
        and (exposure := at - row.oldest_pending_at) > known.get(row.stream_id, timedelta(0))
    ]
    RpoDay.objects.bulk_create(
        rows,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["stream", "day"],
        update_fields=["worst", "worst_at", "records", "value_minor", "currency", "rpo"],
    )
    return f"{len(rows)} streams"
