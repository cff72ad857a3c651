"""What the drills page shows: every switch, how it stands, and how its sites are."""

from dataclasses import dataclass
from pathlib import Path

from django.db.models import Count, Q

from assets.models import Site
from bcp_portal.accounts.models import User
from bcp_portal.demo.drills import read_switches
from bcp_portal.demo.places import FIELD_PLACES, REGIONS
from telemetry.models import NodeState


@dataclass(frozen=True)
class RegionSwitch:
    """The link of a region, and how many of its sites are online."""

    code: str
    name: str
    is_cut: bool
    online: int
    total: int


@dataclass(frozen=True)
class DrillBoard:
    """Every switch of the demo's fleet."""

    regions: list[RegionSwitch]
    sites: list[tuple[str, str]]
    is_centre_stopped: bool


def drill_board(folder: Path, user: User) -> DrillBoard | None:
    """Read the switches; None where no fleet runs. One query."""
    if not folder.is_dir():
        return None
    switches = read_switches(folder)
    online = Count("pk", filter=Q(state__node_state=NodeState.ONLINE))
    rows = Site.objects.visible_to(user).open().values("region__code").order_by()
    counts = {
        row["region__code"]: (row["online"], row["total"])
        for row in rows.annotate(online=online, total=Count("pk"))
    }
    return DrillBoard(
        regions=[
            RegionSwitch(code, name, code in switches.cut, *counts.get(code, (0, 0)))
            for code, name in REGIONS.items()
        ],
        sites=[(place.code, place.name) for place in FIELD_PLACES],
        is_centre_stopped=switches.centre_stopped,
    )
