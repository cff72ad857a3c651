"""Which sites a person may look at."""

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from assets.models.site import Site
from bcp_portal.accounts.models import User

EVERY_SITE = "assets.view_every_site"


def visible_site_ids(user: User | AnonymousUser) -> "QuerySet[Site, int] | None":
    """The sites assigned to a person, as a subquery; None means every site."""
    if user.has_perm(EVERY_SITE):
        return None
    return Site.objects.visible_to(user).values_list("pk", flat=True)
