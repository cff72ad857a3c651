"""Tell the screens that sites have news: at most once a second for each, and never many."""

from datetime import datetime

from bcp_portal.live.services import publish

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


def tell_screens(sites: set[int], *, at: datetime) -> None:
    """Publish that sites have news, with the transaction that brings it."""
    news = _pace.due(sites, at)
    if not _pace.told_all:
        _pace.told_all = True
        publish(topic="sites", kind="telemetry", at=at, permission="assets.view_site")
    for site_id in sorted(news):
        publish(
            topic=f"site:{site_id}",
            kind="telemetry",
            at=at,
            permission="assets.view_site",
            site_id=site_id,
        )
