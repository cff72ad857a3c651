"""Verbs of a site assignment."""

from datetime import datetime

from assets.changes import check_row, plain
from assets.models import Region, Site, SiteAssignment
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb


@verb
def assign_site(
    *,
    user: User,
    site: Site | None = None,
    region: Region | None = None,
    actor: User | None,
    at: datetime,
) -> SiteAssignment:
    """Put a person in charge of a site or a region; from now on they see what happens there."""
    known = SiteAssignment.objects.filter(user=user, site=site, region=region).first()
    if known is not None:
        return known
    assignment = SiteAssignment(user=user, site=site, region=region)
    check_row(assignment)
    assignment.save()
    after = {"user": user.username, "site": plain(site), "region": plain(region)}
    audit(action="site.assign", obj=assignment, actor=actor, at=at, after=after)
    return assignment


@verb
def withdraw_assignment(*, assignment: SiteAssignment, actor: User | None, at: datetime) -> None:
    """Take a person off a site; the trail keeps who it was."""
    before = {
        "user": assignment.user.username,
        "site": plain(assignment.site),
        "region": plain(assignment.region),
    }
    audit(action="site.withdraw", obj=assignment, actor=actor, at=at, before=before)
    assignment.delete()
