"""Verbs of a site."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import available_timezones

from django.utils.translation import gettext as _

from assets.changes import BadFactsError, check_row, need_reason, plain, set_fields
from assets.models import Site
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.live.services import publish
from bcp_portal.shared.errors import DomainError

SITE_FACTS = (
    "name",
    "kind",
    "region",
    "provider",
    "shard",
    "sector",
    "time_zone",
    "latitude",
    "longitude",
    "criticality",
    "data_volume_bytes",
    "offline_is_normal",
    "address",
    "phone",
    "opened_on",
)


class SiteClosedError(DomainError):
    """The site has been closed."""


@verb
def open_site(*, code: str, facts: Mapping[str, Any], actor: User | None, at: datetime) -> Site:
    """Take a place into the portal; from now on its silence is noticed."""
    site = Site(code=code.strip().upper())
    set_fields(site, facts, SITE_FACTS)
    _check(site)
    site.save()
    after = {"code": site.code} | {name: plain(getattr(site, name)) for name in facts}
    audit(action="site.open", obj=site, actor=actor, at=at, after=after)
    _tell(site, at=at)
    return site


@verb
def edit_site(*, site: Site, facts: Mapping[str, Any], actor: User, at: datetime) -> Site:
    """Correct what is known about a site."""
    site = Site.objects.select_for_update().get(pk=site.pk)
    before, after = set_fields(site, facts, SITE_FACTS)
    if after:
        _check(site)
        site.save(update_fields=list(after))
        audit(action="site.edit", obj=site, actor=actor, at=at, before=before, after=after)
        _tell(site, at=at)
    return site


@verb
def close_site(*, site: Site, reason: str, on: date, actor: User, at: datetime) -> Site:
    """Say that a place is no longer in business; its history stays."""
    site = Site.objects.select_for_update().get(pk=site.pk)
    if site.closed_on is not None:
        raise SiteClosedError(_("%(code)s is already closed.") % {"code": site.code})
    site.closed_on = on
    _check(site)
    site.save(update_fields=["closed_on"])
    audit(
        action="site.close",
        obj=site,
        actor=actor,
        at=at,
        reason=need_reason(reason),
        before={"closed_on": None},
        after={"closed_on": on.isoformat()},
    )
    _tell(site, at=at)
    return site


def _check(site: Site) -> None:
    if site.time_zone not in available_timezones():
        raise BadFactsError(
            _("“%(zone)s” is not a time zone. Write for example Asia/Jakarta.")
            % {"zone": site.time_zone}
        )
    check_row(site)


def _tell(site: Site, *, at: datetime) -> None:
    for topic in ("sites", f"site:{site.pk}"):
        publish(topic=topic, kind="site", at=at, permission="assets.view_site", site_id=site.pk)
