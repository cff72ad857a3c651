"""Verbs of an API token."""

from datetime import datetime

from bcp_portal.accounts.models import ApiToken, User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.hashing import keyed_hash, new_secret


@verb
def create_api_token(
    *, user: User, name: str, actor: User | None, at: datetime
) -> tuple[ApiToken, str]:
    """Make a token; its secret is returned this once and kept nowhere."""
    secret = new_secret("siaga_api")
    token = ApiToken.objects.create(
        user=user,
        name=name,
        hint=secret[:12],
        key_hash=keyed_hash("api-token", secret),
        created_at=at,
    )
    audit(action="api_token.create", obj=token, actor=actor, at=at, after={"user": user.username})
    return token, secret


@verb
def revoke_api_token(*, token: ApiToken, actor: User, at: datetime) -> None:
    """Close every door this token opened."""
    if not ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=at):
        return
    audit(
        action="api_token.revoke",
        obj=token,
        actor=actor,
        at=at,
        before={"user": token.user.username},
    )


def note_use(*, token: ApiToken, at: datetime) -> None:
    """Remember that the token is in use."""
    ApiToken.objects.filter(pk=token.pk).update(last_used_at=at)
