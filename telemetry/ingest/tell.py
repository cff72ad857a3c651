"""Tell the screens that sites have news: at most once a second for each, and never many."""

from datetime import datetime

from telemetry.ingest.rows import LiveRow

# Above this, one word about all sites is cheaper for everybody than a word about each.
MOST_SITES_A_SECOND = 50


class _Pace:
    """What this process has told in the present second."""

    def __init__(self) -> None:
        self.second = 0
        self.told: set[int] = set()
        self.told_all = False

    def due(self, sites: set[int], at: datetime) -> set[int]:
        """The sites to name now."""
        if (second := int(at.timestamp())) != self.second:
            self.second, self.told, self.told_all = second, set(), False
        room = MOST_SITES_A_SECOND - len(self.told)
        news = set(sorted(sites - self.told)[: max(0, room)])
        self.told |= news
        return news


_pace = _Pace()


def news_of(sites: set[int], *, at: datetime) -> list[LiveRow]:
    """What the screens are told now; written in one statement with the news itself."""
    rows = [_row(f"site:{site_id}", site_id, at) for site_id in sorted(_pace.due(sites, at))]
    if not _pace.told_all:
        _pace.told_all = True
        rows.append(_row("sites", None, at))
    return rows


def _row(topic: str, site_id: int | None, at: datetime) -> LiveRow:
    return LiveRow(at, topic, "telemetry", "assets.view_site", site_id)
