"""Verbs of a stream."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import F
from django.utils.translation import gettext as _

from assets.models import Asset, Site
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError
from telemetry.models import Stream


@verb
def ensure_streams(*, told: Iterable[tuple[int, str, str]]) -> dict[tuple[int, str], int]:
    """Make room for streams that sites name (site, name, criticality); return their numbers.

    A new stream takes asset and RPO from the site's asset that carries this stream, if there is
    one; otherwise its RPO is unknown until somebody says it.
    """
    wanted = {(site_id, name): criticality for site_id, name, criticality in told}
    sites = {site_id for site_id, _name in wanted}
    names = {name for _site_id, name in wanted}
    known = _numbers(sites, names)
    missing = sorted(key for key in wanted if key not in known)
    if missing:
        carriers = {
            (asset.site_id, asset.stream_name): asset
            for asset in Asset.objects.filter(site_id__in=sites, stream_name__in=names).annotate(
                target_rpo=F("recovery_target__rpo")
            )
        }
        rows = []
        for site_id, name in missing:
            asset = carriers.get((site_id, name))
            rpo = getattr(asset, "target_rpo", None)
            criticality = wanted[site_id, name]
            rows.append(
                Stream(site_id=site_id, name=name, criticality=criticality, asset=asset, rpo=rpo)
            )
        # Another process may hear of the same stream at the same moment.
        Stream.objects.bulk_create(rows, ignore_conflicts=True)
        known = _numbers(sites, names)
    return known


@verb
def agree_interval(
    *, site: Site, name: str, every: timedelta | None, actor: User | None, at: datetime
) -> Stream:
    """Say how often a site synchronises a stream; later than that, it has forgotten to."""
    if every is not None and every <= timedelta():
        raise DomainError(_("An interval is longer than nothing."))
    ensure_streams(told=[(site.pk, name, "normal")])
    stream = Stream.objects.select_for_update().get(site=site, name=name)
    before, stream.expected_every = stream.expected_every, every
    if before != every:
        stream.save(update_fields=["expected_every"])
        audit(
            action="stream.agree_interval",
            obj=stream,
            actor=actor,
            at=at,
            before={"expected_every": before},
            after={"expected_every": every},
        )
    return stream


def _numbers(sites: set[int], names: set[str]) -> dict[tuple[int, str], int]:
    rows = Stream.objects.filter(site_id__in=sites, name__in=names)
    return {(site_id, name): pk for pk, site_id, name in rows.values_list("pk", "site_id", "name")}
