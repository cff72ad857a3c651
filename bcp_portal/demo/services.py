"""The one verb of the demo: somebody throws a switch, and the trail says who."""

from datetime import datetime
from pathlib import Path

from assets.models import Region, Site
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.demo.drills import UnknownDrillError, providers, throw
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
    where = _about(place or CENTRE)
    if where is None:
        raise UnknownDrillError(f"There is no {place or CENTRE} in this demo.")
    after = {"place": place} if place else None
    audit(action=f"drill.{drill}", obj=where, actor=actor, at=at, after=after)
    publish(topic="drills", kind=drill, at=at)
    throw(folder, drill, place)


def _about(place: str) -> Region | Site | None:
    """What the trail names: the region, the site, or the first of a provider's sites."""
    if place in REGIONS:
        return Region.objects.filter(code=place).first()
    if place in providers():
        return Site.objects.filter(provider=place).order_by("pk").first()
    return Site.objects.filter(code=place).first()
