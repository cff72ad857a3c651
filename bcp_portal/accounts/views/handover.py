"""The door of a handover: what somebody answers for, and who takes it over."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from bcp_portal.accounts.forms.handover import HandoverForm
from bcp_portal.accounts.hooks import departure_ends
from bcp_portal.accounts.selectors.duties import duties_of, duty_places
from bcp_portal.accounts.services.handover import hand_over
from bcp_portal.accounts.views.people import FORM, MANAGE, find_person
from bcp_portal.shared.doors import form_door
from bcp_portal.shared.pages import SignedInRequest, needs


@require_http_methods(FORM)
@needs(MANAGE)
def person_hand_over(request: SignedInRequest, username: str) -> HttpResponse:
    """Show everything that a leaver or mover answers for, and give it to somebody else."""
    who = find_person(request, username)
    at, place = timezone.now(), request.GET.get("place", "")
    groups = duties_of(who, at=at, place=place)
    page = reverse("accounts:person", args=[who.username])

    def run(facts: dict[str, Any]) -> str:
        count = hand_over(person=who, **facts, actor=request.user, at=at)
        said = ngettext("%(n)d thing was handed over.", "%(n)d things were handed over.", count)
        messages.success(request, said % {"n": count})
        return page

    leaves = who.is_active and who.pk != request.user.pk
    return form_door(
        request,
        HandoverForm(request.POST or None, person=who, groups=groups, leaves=leaves),
        run=run,
        title=_("Hand over the work of %(name)s") % {"name": who.name},
        submit=_("Hand over"),
        cancel_url=page,
        template="accounts/hand_over.html",
        extra={
            "person": who,
            "groups": groups,
            "place": place,
            "places": duty_places(who, at=at),
            "ends": [line for one in departure_ends() for line in one.words(who, at)],
        },
    )
