"""Who is listening, and what they may hear: asked of the database once a minute, not per event."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest, parse_cookie
from django.utils.module_loading import import_string

from bcp_portal.accounts.selectors.second_factor import must_enrol
from bcp_portal.live.models import LiveEvent

# Sites belong to a room above this one, so they are named and not imported.
SITE_SCOPE = "assets.scope.visible_site_ids"
INBOX = "inbox:"


@dataclass(frozen=True)
class Access:
    """What one person may hear."""

    user_id: int
    permissions: frozenset[str]
    sites: frozenset[int] | None

    def may_hear(self, event: LiveEvent) -> bool:
        """Whether an event is for this person: its permission, its site, its inbox."""
        if event.permission and event.permission not in self.permissions:
            return False
        if event.topic.startswith(INBOX) and event.topic != f"{INBOX}{self.user_id}":
            return False
        return event.site_id is None or self.sites is None or event.site_id in self.sites


def session_key(headers: list[tuple[bytes, bytes]]) -> str:
    """Find the session in a request's cookies; empty if there is none."""
    for name, value in headers:
        if name == b"cookie":
            key = parse_cookie(value.decode("latin-1")).get(settings.SESSION_COOKIE_NAME)
            if key:
                return key
    return ""


def access_of(key: str) -> Access | None:
    """Ask who a session belongs to and what they may hear; None for nobody."""
    request = HttpRequest()
    request.session = import_string(f"{settings.SESSION_ENGINE}.SessionStore")(key)
    user = get_user(request)
    if not user.is_authenticated or must_enrol(user):
        return None
    sites = import_string(SITE_SCOPE)(user)
    return Access(
        user_id=user.pk,
        permissions=frozenset(user.get_all_permissions()),
        sites=None if sites is None else frozenset(sites),
    )
