"""The stretches of a site's states: they end, they begin, and what nobody watched is unknown."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db.models import F, QuerySet
from django.db.models.functions import Greatest

from bcp_portal.audit.verbs import verb
from bcp_portal.engine.models import SweepMark
from telemetry.models import NodeState, SiteSpan

SWEEP = "telemetry.detect"
# Shorter pauses of the engine are no time that anybody could have missed.
UNWATCHED_AFTER = timedelta(minutes=2)


@verb
def begin_spans(*, states: Mapping[int, str], at: datetime) -> None:
    """Sites in another state, by key: the old stretch ends and a new one begins."""
    _end(SiteSpan.objects.filter(site_id__in=states), at)
    SiteSpan.objects.bulk_create(
        [SiteSpan(site_id=site, state=state, began_at=at) for site, state in states.items()],
        ignore_conflicts=True,
        batch_size=500,
    )


def unwatched_since(at: datetime) -> datetime | None:
    """When detection ran last, if that is so long ago that something could have been missed."""
    last = SweepMark.objects.filter(pk=SWEEP).values_list("ran_at", flat=True).first()
    return last if last is not None and at - last >= UNWATCHED_AFTER else None


@verb
def admit_gap(*, last: datetime, at: datetime) -> None:
    """Call the time unknown in which detection did not run."""
    rows = SiteSpan.objects.filter(ended_at=None, began_at__lte=last)
    open_now = dict(rows.values_list("site_id", "state"))
    _end(SiteSpan.objects.filter(site_id__in=open_now), last)
    SiteSpan.objects.bulk_create(
        [
            SiteSpan(site_id=site, state=NodeState.UNKNOWN, began_at=last, ended_at=at)
            for site, state in open_now.items()
            if state != NodeState.UNKNOWN
        ]
        + [SiteSpan(site_id=site, state=state, began_at=at) for site, state in open_now.items()],
        batch_size=500,
    )


def _end(rows: QuerySet[SiteSpan], at: datetime) -> None:
    # A clock that was set back must not stop detection: the stretch is then of no length.
    rows.filter(ended_at=None).update(ended_at=Greatest(F("began_at"), at))
