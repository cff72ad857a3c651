"""The timeline page by page: the newest entries first, older ones when they are asked for."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from incidents.models import Incident, TimelineEntry

SHOWN = 60
# What a refresh keeps on the screen of somebody who reads along for hours.
KEPT = 600


@dataclass(frozen=True)
class TimelinePage:
    """Some entries, the newest first, and whether there are older ones."""

    entries: list[TimelineEntry]
    has_older: bool

    @property
    def oldest(self) -> int | None:
        """Where the next page begins."""
        return self.entries[-1].pk if self.entries else None


def newest_entries(incident: Incident, *, since: int | None = None) -> TimelinePage:
    """The newest entries; with `since`, all down to that one, so that no gap opens behind it."""
    rows = _rows(incident)
    anchor = _entry(incident, since)
    if anchor is None:
        return _page(rows, SHOWN)
    newer = rows.exclude(_older_than(anchor))
    page = _page(newer, KEPT)
    return TimelinePage(page.entries, rows.filter(_older_than(anchor)).exists() or page.has_older)


def older_entries(incident: Incident, *, before: int) -> TimelinePage:
    """The entries that came before one of them; none when it is not of this incident."""
    anchor = _entry(incident, before)
    if anchor is None:
        return TimelinePage([], has_older=False)
    return _page(_rows(incident).filter(_older_than(anchor)), SHOWN)


def _rows(incident: Incident) -> QuerySet[TimelineEntry]:
    return incident.timeline.select_related("actor").order_by("-happened_at", "-pk")


def _entry(incident: Incident, pk: int | None) -> TimelineEntry | None:
    return None if pk is None else incident.timeline.filter(pk=pk).first()


def _older_than(entry: TimelineEntry) -> Q:
    return Q(happened_at__lt=entry.happened_at) | Q(happened_at=entry.happened_at, pk__lt=entry.pk)


def _page(rows: QuerySet[TimelineEntry], size: int) -> TimelinePage:
    found = list(rows[: size + 1])
    return TimelinePage(found[:size], has_older=len(found) > size)
