"""Proof that it is still the same person at the desk: how long ago they signed in."""

from datetime import UTC, datetime, timedelta

from allauth.account.authentication import get_authentication_records
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

# A sign-in older than this does not carry what is dangerous.
FRESH_FOR = timedelta(minutes=5)


def signed_in_at(request: HttpRequest) -> datetime | None:
    """When this person last proved who they are, in this very session; None: not known."""
    records = get_authentication_records(request, request.user)
    moments = [record["at"] for record in records if isinstance(record.get("at"), int | float)]
    return datetime.fromtimestamp(max(moments), UTC) if moments else None


def is_fresh(request: HttpRequest, *, at: datetime) -> bool:
    """Whether this session was proven to be its person's a moment ago."""
    proven = signed_in_at(request)
    return proven is not None and at - proven <= FRESH_FOR


def ask_again(request: HttpRequest, *, back: str) -> HttpResponse:
    """Send somebody to prove who they are, and then back to where they were."""
    messages.info(request, _("This takes a fresh sign-in. Confirm that it is you."))
    return redirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': back})}")
