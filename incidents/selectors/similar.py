"""Past incidents that resemble one: same rule or kind, same sites, same assets."""

from dataclasses import dataclass

from django.db.models import QuerySet

from bcp_portal.accounts.models import User
from incidents.models import Incident, RunMode

LOOKED_AT = 300
SHOWN = 5


@dataclass(frozen=True)
class Similar:
    """A past incident, and how much it has in common."""

    incident: Incident
    points: int
    cause: str


def similar_incidents(incident: Incident, user: User) -> list[Similar]:
    """The most alike of the last ones that are over, as far as a person may see them."""
    return most_alike(incident, Incident.objects.visible_to(user).filter(mode=RunMode.LIVE))


def most_alike(incident: Incident, among: "QuerySet[Incident]") -> list[Similar]:
    """The most alike of the last ones that are over; three queries."""
    sites = set(incident.sites.values_list("site_id", flat=True))
    assets = set(incident.assets.values_list("asset_id", flat=True))
    past = (
        among.filter(status__in=["recovered", "closed"])
        .exclude(pk=incident.pk)
        .select_related("review")
        .prefetch_related("sites", "assets")
        .order_by("-number")[:LOOKED_AT]
    )
    scored = [(_points(incident, sites, assets, row), row) for row in past]
    best = sorted((pair for pair in scored if pair[0] >= 3), key=lambda p: (-p[0], -p[1].number))
    return [Similar(row, points, _cause(row)) for points, row in best[:SHOWN]]


def _points(incident: Incident, sites: set[int], assets: set[int], row: Incident) -> int:
    rule = incident.verdict.get("rule")
    return (
        2 * (row.kind == incident.kind)
        + 3 * bool(rule and row.verdict.get("rule") == rule)
        + 2 * min(len(sites & {link.site_id for link in row.sites.all()}), 3)
        + min(len(assets & {hit.asset_id for hit in row.assets.all()}), 3)
    )


def _cause(row: Incident) -> str:
    review = getattr(row, "review", None)
    return review.root_cause if review else ""
