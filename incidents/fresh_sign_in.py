"""A step that takes a right takes a fresh sign-in, too: it may be another person at the desk."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode

from bcp_portal.accounts.step_up import ask_again, is_fresh
from incidents.models import RunStep


def proof_first(request: HttpRequest, step: RunStep | None, *, at: datetime) -> HttpResponse | None:
    """Where to prove who one is before ticking a step; None where nothing is to be proven."""
    if step is None or not step.right or is_fresh(request, at=at):
        return None
    return ask_again(
        request, back=request.get_full_path() if request.method == "GET" else _place(step)
    )


def proof_address(code: str) -> str:
    """Where to prove who one is, and back to an incident."""
    back = reverse("incidents:detail", args=[code])
    return f"{reverse('account_reauthenticate')}?{urlencode({'next': back})}"


def _place(step: RunStep) -> str:
    code = step.phase.run.incident.code
    return f"{reverse('incidents:detail', args=[code])}#step-{step.pk}"
