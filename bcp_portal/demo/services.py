"""The one verb of the demo: somebody throws a switch, and the trail says who."""

from datetime import datetime
from pathlib import Path

from assets.models import Region, Site
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.demo.drills import UnknownDrillError, throw
from bcp_portal.demo.places import CENTRE, REGIONS
from bcp_portal.live.services import publish


@verb
def note_said(*, place: str, actor: User, at: datetime) -> None:
    """Note that somebody said an order to the agent of a site, as if by telephone."""
    audit(action="drill.say", obj=Site.objects.get(code=place), actor=actor, at=at)
    publish(topic="drills", kind="say", at=at)


@verb
def throw_switch(*, folder: Path, drill: str, place: str, actor: User | None, at: datetime) -> None:
    """Break or mend something of the fleet; the fleet sees it within half a second."""
    model = Region if place in REGIONS else Site
    where = model.objects.filter(code=place or CENTRE).first()
    if where is None:
        raise UnknownDrillError(f"There is no {place or CENTRE} in this demo.")
    audit(action=f"drill.{drill}", obj=where, actor=actor, at=at)
    publish(topic="drills", kind=drill, at=at)
    throw(folder, drill, place)
