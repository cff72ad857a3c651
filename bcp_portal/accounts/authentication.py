"""How a program proves for whom it acts: `Authorization: Bearer …`."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from bcp_portal.accounts.models import ApiToken, User
from bcp_portal.accounts.services.api_token import note_use
from bcp_portal.shared.hashing import keyed_hash

# One write a minute for each token is enough to tell used from forgotten ones.
_NOTE_EVERY = timedelta(minutes=1)


class BearerAuthentication(authentication.BaseAuthentication):
    """Find the person behind a token by its keyed hash."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """Return person and token; None when the request carries no bearer token."""
        kind, _space, secret = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        token = (
            ApiToken.objects.live()
            .select_related("user")
            .filter(key_hash=keyed_hash("api-token", secret.strip()))
            .first()
        )
        if token is None:
            raise exceptions.AuthenticationFailed(_("This token is unknown or was revoked."))
        at = timezone.now()
        if token.last_used_at is None or at - token.last_used_at > _NOTE_EVERY:
            note_use(token=token, at=at)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """Make a missing key a 401 rather than a 403."""
        return "Bearer"
