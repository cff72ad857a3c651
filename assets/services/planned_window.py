"""Verbs of a planned window."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from assets.changes import BadFactsError, check_row, need_reason, plain
from assets.models import PlannedWindow, Region, Site
from assets.windows import check_rule
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb


@verb
def plan_window(
    *,
    site: Site | None = None,
    region: Region | None = None,
    rrule: str = "",
    starts_at: datetime,
    duration: timedelta,
    reason: str,
    actor: User | None,
    at: datetime,
) -> PlannedWindow:
    """Say beforehand when a site or a region is offline on purpose."""
    if duration <= timedelta():
        raise BadFactsError(_("A planned window must last longer than nothing."))
    try:
        check_rule(rrule, starts_at.replace(tzinfo=None))
    except ValueError as error:
        raise BadFactsError(
            _("“%(rule)s” is not a recurrence rule. Write for example FREQ=WEEKLY;BYDAY=SU.")
            % {"rule": rrule}
        ) from error
    window = PlannedWindow(
        site=site,
        region=region,
        rrule=rrule.strip().upper(),
        starts_at=starts_at,
        duration=duration,
        reason=reason,
    )
    check_row(window)
    window.save()
    names = ("site", "region", "rrule", "starts_at", "duration")
    after = {name: plain(getattr(window, name)) for name in names}
    audit(action="window.plan", obj=window, actor=actor, at=at, reason=reason, after=after)
    return window


@verb
def cancel_window(
    *, window: PlannedWindow, reason: str, actor: User, at: datetime
) -> PlannedWindow:
    """Take a planned window back: from now on silence counts again."""
    window = PlannedWindow.objects.select_for_update(of=("self",)).get(pk=window.pk)
    if window.is_active:
        window.is_active = False
        window.save(update_fields=["is_active"])
        audit(
            action="window.cancel",
            obj=window,
            actor=actor,
            at=at,
            reason=need_reason(reason),
            before={"is_active": True},
            after={"is_active": False},
        )
    return window
