"""Which sites and regions a person looks after."""

from assets.models import SiteAssignment
from assets.scope import EVERY_SITE
from bcp_portal.accounts.models import User


def assignments_of(user: User) -> list[SiteAssignment]:
    """What somebody looks after, regions first. One query."""
    rows = SiteAssignment.objects.filter(user=user).select_related("site", "region")
    return sorted(rows, key=lambda row: (row.site is not None, str(row.region or row.site)))


def assigned_words(user: User) -> list[str]:
    """The same as words for the page of a person."""
    return [str(row.region or row.site) for row in assignments_of(user)]


def sees_every_site(user: User) -> bool:
    """Whether the roles of a person show every site, whatever is assigned."""
    return bool(user.has_perm(EVERY_SITE))
