"""The door by which a review asks the owner of a risk, control, playbook or objective."""

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assets.views.doors import form_door
from bcp_portal.shared.pages import SignedInRequest, needs
from incidents.models import Review
from risks.forms.feedback import AskOwnerForm
from risks.selectors.changeable import changeables
from risks.services.feedback import ask_owner
from risks.views.risk import FORM

USUAL_TIME = timedelta(days=30)


@require_http_methods(FORM)
@needs("incidents.handle_actionitem")
def review_ask_owner(request: SignedInRequest, code: str) -> HttpResponse:
    """Ask for a change that the review found to be needed."""
    visible = Review.objects.visible_to(request.user).for_list()
    review = get_object_or_404(visible, incident__code=code)
    back = reverse("incidents:review", args=[code])
    at = timezone.now()

    def run(facts: dict[str, Any]) -> str:
        ask_owner(review=review, **facts, actor=request.user, at=at)
        return back

    return form_door(
        request,
        AskOwnerForm(
            request.POST or None,
            things=changeables(review.incident, user=request.user),
            initial={"due_on": (at + USUAL_TIME).date()},
        ),
        run=run,
        title=_("What has to change after %(code)s?") % {"code": code},
        submit=_("Ask the owner"),
        cancel_url=back,
    )
