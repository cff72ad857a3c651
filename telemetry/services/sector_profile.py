"""Verb that gives a sector a new version of what is asked of it."""

from datetime import datetime

from django.db.models import Max
from django.utils.translation import gettext as _

from assets.models import Sector
from assets.scope import visible_site_ids
from bcp_portal.accounts.models import Course, User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError, NotAllowedError
from telemetry.models import SectorProfile
from telemetry.sector_profiles import LIMITS, Asks, all_asks


class SectorProfileError(DomainError):
    """What was asked of the sector cannot be."""


@verb
def edit_sector_profile(
    *, sector: str, asks: Asks, reason: str, actor: User, at: datetime
) -> SectorProfile:
    """Write the organisation's next version; what held before stays readable for ever."""
    if sector not in Sector.values:
        raise SectorProfileError(_("There is no such sector."))
    if visible_site_ids(actor) is not None:
        raise NotAllowedError(_("Only somebody who sees every site may set this for all of them."))
    if not reason.strip():
        raise SectorProfileError(_("Say why, so that it can be understood later."))
    _check(asks)
    before = all_asks()[sector]
    if before.as_dict() == asks.as_dict():
        raise SectorProfileError(_("Nothing was changed."))
    last = SectorProfile.objects.filter(sector=sector).aggregate(last=Max("number"))["last"] or 0
    row = SectorProfile.objects.create(
        sector=sector,
        number=last + 1,
        asks=asks.as_dict(),
        reason=reason.strip(),
        made_at=at,
        made_by=actor,
    )
    audit(
        action="sector_profile.edit",
        obj=row,
        actor=actor,
        at=at,
        reason=row.reason,
        before=before.as_dict(),
        after=row.asks,
    )
    return row


def _check(asks: Asks) -> None:
    if wrong := set(asks.limits) - set(LIMITS):
        raise SectorProfileError(_("There is no such limit: %s.") % ", ".join(sorted(wrong)))
    if any(most < 1 for most in asks.limits.values()):
        raise SectorProfileError(_("A limit is at least 1; leave it empty for none."))
    known = set(Course.objects.filter(code__in=asks.courses).values_list("code", flat=True))
    if wrong := set(asks.courses) - known:
        raise SectorProfileError(_("There is no such course: %s.") % ", ".join(sorted(wrong)))
