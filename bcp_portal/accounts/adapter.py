"""How sign-in differs from the library's own: nobody signs themselves up, and all is on record."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from bcp_portal.accounts.models import User
from bcp_portal.accounts.services.sign_in import note_sign_in
from bcp_portal.accounts.single_sign_on import is_on


class PortalAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Accounts are made by an administrator; each sign-in leaves a row in the trail."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Say no."""
        return False

    def get_reauthentication_methods(self, user: User) -> list[dict[str, str]]:
        """How somebody may prove anew that it is them; the provider's word counts, too.

        It comes last: whoever has a password or a second factor here is asked for that first.
        """
        methods: list[dict[str, str]] = super().get_reauthentication_methods(user)
        if is_on() and user.is_authenticated:
            name = settings.OIDC_NAME or _("single sign-on")
            methods.append(
                {
                    "id": "single_sign_on",
                    "description": _("Sign in again with %s") % name,
                    "url": reverse("accounts:single_sign_on_again"),
                }
            )
        return methods

    def post_login(self, request: HttpRequest, user: User, **about: Any) -> HttpResponse:
        """Note who came in by which proofs; runs once all of them were given."""
        proofs = [
            str(record.get("type") or record["method"])
            for record in get_authentication_records(request, user)
        ]
        note_sign_in(user=user, proofs=proofs, at=timezone.now())
        answer: HttpResponse = super().post_login(request, user, **about)
        return answer
