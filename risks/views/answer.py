"""Which controls hold a risk down."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assets.views.doors import form_door
from bcp_portal.shared.pages import SignedInRequest, needs
from risks.forms import ApplyControlForm
from risks.services.control import apply_control
from risks.views.risk import FORM, find_risk, page_of


@require_http_methods(FORM)
@needs("risks.run_risk")
def risk_control(request: SignedInRequest, code: str) -> HttpResponse:
    """Say which control holds down this risk."""
    risk = find_risk(request, code)

    def run(facts: dict[str, Any]) -> str:
        apply_control(risk=risk, **facts, actor=request.user, at=timezone.now())
        return page_of(code)

    return form_door(
        request,
        ApplyControlForm(request.POST or None, risk=risk),
        run=run,
        title=_("What holds %(code)s down?") % {"code": code},
        submit=_("Link"),
        cancel_url=page_of(code),
    )
