"""The part of device compliance about losses that were reported too late."""

from datetime import datetime, timedelta

from django.db.models import F
from django.utils.translation import gettext as _

from bcp_portal.accounts.models import User
from bcp_portal.reports.overviews.registry import Part
from bcp_portal.reports.paper import PaperColumn
from telemetry.models import DeviceLoss

YEAR = timedelta(days=365)
MOST = 200


def late_reports(user: User, at: datetime) -> Part:
    """The findings of a year: each device whose loss was told after its two working hours."""
    rows = DeviceLoss.objects.visible_to(user).filter(
        worked_h__gt=F("limit_h"), reported_at__lte=at, reported_at__gt=at - YEAR
    )
    columns = [
        PaperColumn(_("Site"), "w10", "mono"),
        PaperColumn(_("Device"), "w20"),
        PaperColumn(_("What happened"), "w15"),
        PaperColumn(_("Noticed"), "w15"),
        PaperColumn(_("Reported"), "w15"),
        PaperColumn(_("Working hours between"), "", "num"),
    ]
    lines: list[list[object]] = [
        [
            one.device.site.code,
            one.device.name,
            str(one.get_kind_display()),
            one.noticed_at,
            one.reported_at,
            round(one.worked_h, 1),
        ]
        for one in rows.for_list().order_by("-reported_at", "pk")[:MOST]
    ]
    return Part(_("Losses reported late, in a year"), columns, lines)
