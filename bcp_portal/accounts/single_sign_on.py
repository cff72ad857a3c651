"""Sign-in by OpenID Connect: where to send somebody, and for whom the provider then vouches.

The code flow with PKCE, state and nonce. No tokens and no link to the provider are kept: only the
mail address that it has verified counts, each time anew.
"""

import logging
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

import httpx
import jwt
from allauth.socialaccount.providers.oauth2.utils import generate_code_challenge
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

from bcp_portal.shared.errors import DomainError

logger = logging.getLogger(__name__)

ANSWER_WITHIN_S = 5.0
KEEP_DISCOVERY_S = 600
# Only such that need the provider's private key; never "none", never our own secret.
SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "ES512", "EdDSA")
CLOCKS_MAY_DIFFER_S = 60
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
HERE = ("127.0.0.1", "localhost", "[::1]")


class SingleSignOnError(DomainError):
    """The provider's answer does not let anybody in."""


@dataclass(frozen=True)
class Journey:
    """What the session keeps while somebody is at the provider."""

    state: str
    nonce: str
    verifier: str
    began_at: float
    next: str
    # Who is to prove anew that it is them; nobody for a sign-in.
    person_id: int | None = None

    def as_kept(self) -> dict[str, Any]:
        """As the session can hold it."""
        return asdict(self)


@dataclass(frozen=True)
class Vouched:
    """For whom the provider vouches; the mail address is empty unless it was verified."""

    subject: str
    mail: str


def is_on() -> bool:
    """Whether an issuer was set."""
    return bool(settings.OIDC_ISSUER)


def refuse_half_settings() -> None:
    """Stop the start when single sign-on is half set up, or would run in the clear."""
    if not is_on():
        return
    place = urlsplit(settings.OIDC_ISSUER)
    if place.scheme != "https" and place.hostname not in HERE:
        raise ImproperlyConfigured("SIAGA_OIDC_ISSUER must begin with https://.")
    if not settings.OIDC_CLIENT_ID:
        raise ImproperlyConfigured("SIAGA_OIDC_ISSUER needs SIAGA_OIDC_CLIENT_ID, too.")


def set_out(
    *, callback: str, back_to: str, began_at: float, person_id: int | None = None
) -> tuple[str, Journey]:
    """Say where to send somebody, and what to keep until they return.

    With a person it is a step-up: the provider is told to ask again, however open its session is.
    """
    challenge = generate_code_challenge()
    journey = Journey(
        state=secrets.token_urlsafe(24),
        nonce=secrets.token_urlsafe(24),
        verifier=challenge.pop("code_verifier"),
        began_at=began_at,
        next=back_to,
        person_id=person_id,
    )
    asked = {
        "response_type": "code",
        "client_id": settings.OIDC_CLIENT_ID,
        "redirect_uri": callback,
        "scope": "openid profile email",
        "state": journey.state,
        "nonce": journey.nonce,
        **challenge,
        **({} if person_id is None else {"prompt": "login", "max_age": "0"}),
    }
    place = _provider()["authorization_endpoint"]
    return f"{place}{'&' if '?' in place else '?'}{urlencode(asked)}", journey


def vouched_by(*, answer: Mapping[str, str], journey: Journey, callback: str) -> Vouched:
    """Exchange the code of an answer for the claims behind it; refuse whatever does not fit."""
    provider = _provider()
    if not _same(answer.get("state", ""), journey.state):
        raise _distrust("the state is another one")
    if answer.get("iss", provider["issuer"]) != provider["issuer"]:
        raise _distrust("the answer names another issuer")
    if "code" not in answer:
        logger.info("Single sign-on ended over there: %.100s", answer.get("error", "no code"))
        raise SingleSignOnError(_("The sign-in was not finished over there. Try again."))
    tokens = _exchange(provider, answer["code"], journey, callback)
    claims = _checked(provider, str(tokens.get("id_token", "")), journey)
    if "email" not in claims:
        claims |= _asked_for(provider, tokens, claims["sub"])
    said = claims.get("email_verified")
    is_verified = said is True or said == "true"
    _refuse_stale(claims, journey)
    return Vouched(subject=claims["sub"], mail=str(claims.get("email", "")) if is_verified else "")


def _refuse_stale(claims: Mapping[str, Any], journey: Journey) -> None:
    """A step-up counts only if the provider says that it asked after we had sent them there."""
    if journey.person_id is None:
        return
    asked_at = claims.get("auth_time")
    if isinstance(asked_at, bool) or not isinstance(asked_at, int | float):
        raise _distrust("a step-up without auth_time")
    if asked_at < journey.began_at - CLOCKS_MAY_DIFFER_S:
        raise SingleSignOnError(_("The sign-in service did not ask you again. Sign in anew there."))


def _provider() -> dict[str, Any]:
    """What the provider says about itself; kept for ten minutes once it fits the issuer."""
    issuer = settings.OIDC_ISSUER.rstrip("/")
    key = f"oidc-discovery:{issuer}"
    found: dict[str, Any] | None = cache.get(key)
    if found is None:
        found = _ask("GET", f"{issuer}/.well-known/openid-configuration")
        if str(found.get("issuer", "")).rstrip("/") != issuer:
            raise _distrust("the discovery document is of another issuer")
        _refuse_weak_places(issuer, found)
        cache.set(key, found, KEEP_DISCOVERY_S)
    return found


def _refuse_weak_places(issuer: str, found: Mapping[str, Any]) -> None:
    for name in ENDPOINTS:
        place = str(found.get(name, ""))
        if not place or (issuer.startswith("https:") and not place.startswith("https:")):
            raise _distrust(f"{name} is missing or in the clear")


def _exchange(
    provider: Mapping[str, Any], code: str, journey: Journey, callback: str
) -> dict[str, Any]:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": callback,
        "code_verifier": journey.verifier,
    }
    ways = provider.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    client, secret = settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET
    if "client_secret_post" in ways:
        form |= {"client_id": client, "client_secret": secret}
        return _ask("POST", provider["token_endpoint"], data=form)
    both = (quote_plus(client), quote_plus(secret))
    return _ask("POST", provider["token_endpoint"], data=form, auth=both)


def _checked(provider: Mapping[str, Any], token: str, journey: Journey) -> dict[str, Any]:
    """The claims of an identity token that is signed, fresh, for us and for this journey."""
    try:
        keys = jwt.PyJWKSet.from_dict(_ask("GET", provider["jwks_uri"]))
        claims: dict[str, Any] = jwt.decode(
            token,
            _key_of(keys.keys, jwt.get_unverified_header(token).get("kid")),
            algorithms=SIGNATURES,
            audience=settings.OIDC_CLIENT_ID,
            issuer=provider["issuer"],
            leeway=CLOCKS_MAY_DIFFER_S,
            options={"require": ["iss", "sub", "aud", "exp", "iat", "nonce"]},
        )
    except jwt.PyJWTError as error:
        raise _distrust(f"{type(error).__name__}: {error}") from error
    if not _same(str(claims["nonce"]), journey.nonce):
        raise _distrust("the nonce is another one")
    if claims.get("azp", settings.OIDC_CLIENT_ID) != settings.OIDC_CLIENT_ID:
        raise _distrust("the token was made for another program")
    return claims


def _key_of(keys: Iterable[jwt.PyJWK], name: str | None) -> jwt.PyJWK:
    for key in keys:
        if key.public_key_use != "enc" and name in (None, key.key_id):
            return key
    raise jwt.InvalidKeyError(f"the provider has no key {name}")


def _asked_for(
    provider: Mapping[str, Any], tokens: Mapping[str, Any], subject: str
) -> dict[str, Any]:
    """What providers with slim tokens say when they are asked; about the same subject only."""
    place = str(provider.get("userinfo_endpoint", ""))
    if not place:
        return {}
    said = _ask("GET", place, headers={"Authorization": f"Bearer {tokens.get('access_token')}"})
    if said.get("sub") != subject:
        raise _distrust("userinfo is about somebody else")
    return {name: said[name] for name in ("email", "email_verified") if name in said}


def _ask(method: str, place: str, **what: Any) -> dict[str, Any]:
    """One question to the provider, answered by a JSON object in time or not at all."""
    try:
        with httpx.Client(timeout=ANSWER_WITHIN_S, follow_redirects=False) as line:
            answer = line.request(method, place, headers=what.pop("headers", None), **what)
        said = answer.json() if answer.is_success else None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        logger.warning("Single sign-on: %s: %s: %s", place, type(error).__name__, error)
        said = None
    if not isinstance(said, dict):
        sentence = _(
            "The sign-in service does not answer as it should. Try again, or sign in here."
        )
        raise SingleSignOnError(sentence)
    return said


def _same(one: str, other: str) -> bool:
    return secrets.compare_digest(one.encode(), other.encode())


def _distrust(why: str) -> SingleSignOnError:
    logger.warning("Single sign-on refused: %s", why)
    return SingleSignOnError(_("The answer of the sign-in service cannot be trusted. Try again."))
