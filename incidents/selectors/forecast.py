"""When what is down can be back at the earliest, by its own time and that of what it needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from assets.feasibility import judge
from assets.selectors.graph import read_graph
from incidents.selectors.clocks import RtoClock


@dataclass(frozen=True)
class Forecast:
    """One asset: the earliest return as far as times are known, and what decides it."""

    clock: RtoClock
    back_at: datetime | None
    # Codes from the asset down to the one that is slowest: the critical path.
    path: tuple[str, ...]

    @property
    def gate(self) -> str:
        """The dependency that the whole chain waits for; empty where it is the asset itself."""
        return self.path[-1] if len(self.path) > 1 else ""

    @property
    def will_miss(self) -> bool | None:
        """Whether the RTO is going to be missed even if all goes well; None: nobody can know."""
        if self.back_at is None or self.clock.deadline is None:
            return None
        return self.back_at > self.clock.deadline

    @property
    def mtpd_at(self) -> datetime | None:
        """When the outage becomes intolerable."""
        return self.clock.mtpd_at


def forecasts(clocks: Sequence[RtoClock]) -> list[Forecast]:
    """The forecast of each asset, in their order; two queries, none without assets."""
    if not clocks:
        return []
    nodes, arrows = read_graph()
    verdict = judge(nodes, arrows)
    found = []
    for clock in clocks:
        restore = verdict.restores.get(clock.asset.pk)
        known = clock.recovered_at is None and restore is not None and restore.low > 0
        back_at = clock.hit.down_at + timedelta(seconds=restore.low) if restore and known else None
        path = tuple(nodes[key].code for key in verdict.path(clock.asset.pk) if key in nodes)
        found.append(Forecast(clock, back_at, path))
    return found
