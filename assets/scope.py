"""Which sites a person may look at."""

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from assets.models.region import Region
from assets.models.site import Site
from bcp_portal.accounts.models import User

EVERY_SITE = "assets.view_every_site"


def visible_site_ids(user: User | AnonymousUser) -> "QuerySet[Site, int] | None":
    """The sites assigned to a person, as a subquery; None means every site."""
    if user.has_perm(EVERY_SITE):
        return None
    return Site.objects.visible_to(user).values_list("pk", flat=True)


def visible_regions(user: User | AnonymousUser) -> "QuerySet[Region]":
    """The regions in which a person may see at least one site."""
    if user.has_perm(EVERY_SITE):
        return Region.objects.all()
    return Region.objects.filter(pk__in=Site.objects.visible_to(user).values("region"))
