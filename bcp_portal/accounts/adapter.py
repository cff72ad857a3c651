"""How sign-in differs from the library's own: nobody signs themselves up, and all is on record."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from bcp_portal.accounts.models import User
from bcp_portal.accounts.services.sign_in import note_sign_in


class PortalAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Accounts are made by an administrator; each sign-in leaves a row in the trail."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Say no."""
        return False

    def post_login(self, request: HttpRequest, user: User, **about: Any) -> HttpResponse:
        """Note who came in by which proofs; runs once all of them were given."""
        proofs = [
            str(record.get("type") or record["method"])
            for record in get_authentication_records(request, user)
        ]
        note_sign_in(user=user, proofs=proofs, at=timezone.now())
        answer: HttpResponse = super().post_login(request, user, **about)
        return answer
