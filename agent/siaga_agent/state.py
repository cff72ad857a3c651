"""The state a device claims for its site, and since when."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from siaga_agent.clock import parse_instant
from siaga_agent.reach import is_connected
from siaga_agent.store import Json


class SiteState:
    """Follows the site from beat to beat.

    After a cut, "connected" is not enough: the state is `syncing` until every stream that had
    something waiting has emptied its queue or finished a sync that began to count after the
    link came back.
    """

    def __init__(self) -> None:
        self.state = "online"
        self.since: datetime | None = None
        self._reach_ok: frozenset[str] | None = None
        self._back_at: datetime | None = None
        self._cut = False

    def observe(
        self,
        *,
        mode: str,
        reach: Mapping[str, Json],
        streams: Sequence[Json],
        frozen: bool,
        at: datetime,
    ) -> bool:
        """Take in one round of evidence; say whether anything changed that must be kept."""
        connected = is_connected(reach)
        self._follow_link(connected is False, at)
        new = self._judge(mode, frozen, streams)
        rungs = frozenset(rung for rung, answer in reach.items() if answer["ok"])
        changed = new != self.state or self.since is None or rungs != self._reach_ok
        if new != self.state or self.since is None:
            self.state, self.since = new, at
        self._reach_ok = rungs
        return changed

    def _follow_link(self, cut: bool, at: datetime) -> None:
        if self._cut and not cut:
            self._back_at = at
        self._cut = cut

    def _judge(self, mode: str, frozen: bool, streams: Sequence[Json]) -> str:
        if mode == "maintenance":
            return "maintenance"
        if mode == "offline":
            return "offline_ordered"
        if self._cut:
            return "offline"
        if frozen:
            return "frozen"
        if self._back_at is not None:
            if any(_is_behind(stream, self._back_at) for stream in streams):
                return "syncing"
            self._back_at = None
        return "online"


def _is_behind(stream: Json, since: datetime) -> bool:
    if not stream.get("pending_records"):
        return False
    synced = parse_instant(stream.get("last_sync_ok_at"))
    return synced is None or synced < since
