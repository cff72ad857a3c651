"""Verbs of the extent: which sites and assets an incident hits, and since when."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q

from assets.models import Asset, Dependency, DependencyKind, RecoveryTarget, Site
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from incidents.models import Incident, IncidentAsset, IncidentSite
from incidents.services.recovery import set_clocks
from incidents.services.run_facts import weigh_conditions

# A chain of needs longer than this is a mistake in the graph, not a fact about the business.
LONGEST_CHAIN = 8


@verb
def add_sites(
    *, incident: Incident, sites: Iterable[Site], affected_at: datetime, at: datetime
) -> list[IncidentSite]:
    """Name sites as hit; a site that is named already stays as it is. Return the new ones."""
    named = {site.pk: site for site in sites}
    known = set(incident.sites.filter(site__in=named).values_list("site_id", flat=True))
    new = [
        IncidentSite(incident=incident, site=site, affected_at=affected_at)
        for site in named.values()
        if site.pk not in known
    ]
    if new:
        IncidentSite.objects.bulk_create(new, ignore_conflicts=True)
        local = Asset.objects.in_use().filter(site__in=[link.site for link in new])
        add_assets(incident=incident, assets=local, down_at=affected_at, at=at)
        weigh_conditions(incident=incident, at=at)
    return new


@verb
def add_assets(
    *, incident: Incident, assets: Iterable[Asset], down_at: datetime, at: datetime
) -> list[IncidentAsset]:
    """Name assets as hit, with those that stand still without them and the targets of now."""
    direct = {asset.pk: asset for asset in assets}
    if not direct:
        return []
    gated = _dependents(direct)
    known = set(
        incident.assets.filter(asset__in=[*direct, *gated]).values_list("asset_id", flat=True)
    )
    wanted = [pk for pk in [*direct, *gated] if pk not in known]
    if not wanted:
        return []
    targets = RecoveryTarget.objects.in_bulk(wanted, field_name="asset_id")
    new = []
    for pk in wanted:
        target = targets.get(pk)
        new.append(
            IncidentAsset(
                incident=incident,
                asset_id=pk,
                rto=target.rto if target else None,
                rpo=target.rpo if target else None,
                mtpd=target.mtpd if target else None,
                gated_by_id=None if pk in direct else gated[pk],
                down_at=down_at,
            )
        )
    IncidentAsset.objects.bulk_create(new, ignore_conflicts=True)
    set_clocks(incident=incident, assets=wanted, at=at)
    return new


@verb
def mark_site_recovered(
    *, incident: Incident, site: Site, actor: User | None, at: datetime, is_back: bool = True
) -> None:
    """Note that a site is back, or that it is gone again."""
    IncidentSite.objects.filter(incident=incident, site=site).update(
        recovered_at=at if is_back else None
    )
    audit(
        action="incident.site_back" if is_back else "incident.site_gone",
        obj=incident,
        actor=actor,
        at=at,
        after={"site": site.code},
    )


@verb
def mark_site_contained(
    *, incident: Incident, site: Site, actor: User | None, at: datetime
) -> None:
    """Note that the damage at a site has stopped spreading."""
    IncidentSite.objects.filter(incident=incident, site=site, contained_at=None).update(
        contained_at=at
    )
    audit(
        action="incident.site_contain", obj=incident, actor=actor, at=at, after={"site": site.code}
    )


@verb
def mark_asset_recovered(
    *,
    incident: Incident,
    asset: Asset,
    actor: User | None,
    at: datetime,
    data_lost_from: datetime | None = None,
) -> None:
    """Note that one asset works again; this stops its RTO clock."""
    IncidentAsset.objects.filter(incident=incident, asset=asset, recovered_at=None).update(
        recovered_at=at, data_lost_from=data_lost_from
    )
    audit(
        action="incident.asset_back",
        obj=incident,
        actor=actor,
        at=at,
        after={"asset": asset.code, "data_lost_from": data_lost_from},
    )


def _dependents(direct: Iterable[int]) -> dict[int, int]:
    """What stands still without these assets: asset -> the one it directly waits for.

    An arrow inside a group of alternatives does not count: the others may carry on.
    """
    seen = set(direct)
    found: dict[int, int] = {}
    edge = set(seen)
    for _link in range(LONGEST_CHAIN):
        if not edge:
            break
        arrows = Dependency.objects.filter(
            Q(depends_on__in=edge), kind=DependencyKind.HARD, group="", asset__retired_on=None
        ).values_list("asset_id", "depends_on_id")
        edge = set()
        for asset, needs in arrows:
            if asset not in seen:
                seen.add(asset)
                edge.add(asset)
                found[asset] = needs
    return found
