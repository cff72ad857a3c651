"""Doors of accounts: who works here, what they are trusted with, how they get in."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from bcp_portal.accounts.forms.person import (
    AccessForm,
    NewPersonForm,
    PersonForm,
    ReasonForm,
    RolesForm,
    facts_of,
)
from bcp_portal.accounts.models import User
from bcp_portal.accounts.roles import Role
from bcp_portal.accounts.selectors.duties import duties_of
from bcp_portal.accounts.selectors.people import people_visible_to, person_page
from bcp_portal.accounts.services.erasure import erase_person
from bcp_portal.accounts.services.invitation import mail_is_set_up, sign_in_link
from bcp_portal.accounts.services.person import (
    deactivate_person,
    edit_person,
    invite_person,
    reactivate_person,
    renew_access,
)
from bcp_portal.accounts.services.user import set_roles
from bcp_portal.accounts.step_up import ask_again, is_fresh, signed_in_at
from bcp_portal.accounts.views.people_list import PEOPLE
from bcp_portal.shared import lists
from bcp_portal.shared.doors import form_door
from bcp_portal.shared.pages import SignedInRequest, needs, render_page

FORM = ("GET", "HEAD", "POST")
MANAGE = "accounts.manage_people"


def find_person(request: SignedInRequest, username: str) -> User:
    """The person of the address, if whoever asks may look accounts up."""
    return get_object_or_404(people_visible_to(request.user), username=username)


@require_safe
@needs(MANAGE)
def people(request: SignedInRequest) -> HttpResponse:
    """Everybody who has an account."""
    button = {"label": _("Add a person"), "url": reverse("accounts:person_add"), "primary": True}
    return lists.list_response(
        request,
        PEOPLE,
        people_visible_to(request.user),
        at=timezone.now(),
        extra={"title_buttons": [button]},
    )


@require_safe
@needs(MANAGE)
def person(request: SignedInRequest, username: str) -> HttpResponse:
    """One account: roles, ways in, ways to be reached, history."""
    page = person_page(find_person(request, username), at=timezone.now())
    return render_page(request, "accounts/person.html", {"page": page})


@require_http_methods(FORM)
@needs(MANAGE)
def person_add(request: SignedInRequest) -> HttpResponse:
    """Make an account; its owner chooses the password."""

    def run(facts: dict[str, Any]) -> str | HttpResponse:
        facts["roles"] = [Role(name) for name in facts["roles"]]
        user = invite_person(
            **facts, by_mail=mail_is_set_up(), actor=request.user, at=timezone.now()
        )
        return _hand_over(request, user)

    return form_door(
        request,
        NewPersonForm(request.POST or None),
        run=run,
        title=_("Add a person"),
        submit=_("Add and invite"),
        cancel_url=reverse("accounts:people"),
    )


@require_http_methods(FORM)
@needs(MANAGE)
def person_edit(request: SignedInRequest, username: str) -> HttpResponse:
    """Correct what is known about a person."""
    who = find_person(request, username)

    def run(facts: dict[str, Any]) -> str:
        edit_person(user=who, **facts, actor=request.user, at=timezone.now())
        return _page_of(who)

    return form_door(
        request,
        PersonForm(request.POST or None, initial=facts_of(who)),
        run=run,
        title=_("Edit %(code)s") % {"code": who.name},
        submit=_("Save"),
        cancel_url=_page_of(who),
    )


@require_http_methods(FORM)
@needs(MANAGE)
def person_roles(request: SignedInRequest, username: str) -> HttpResponse:
    """Give and take roles, with a reason."""
    who = find_person(request, username)

    def run(facts: dict[str, Any]) -> str | HttpResponse:
        at = timezone.now()
        emergency = facts["emergency"]
        if emergency and not is_fresh(request, at=at):
            return ask_again(request, back=request.path)
        asked = set_roles(
            user=who,
            roles=[Role(name) for name in facts["roles"]],
            reason=facts["reason"],
            actor=request.user,
            at=at,
            emergency=emergency,
            signed_in_at=signed_in_at(request),
        )
        if asked:
            names = ", ".join(str(Role(name).label) for name in asked)
            held = _("Held for four hours, and looked at by a second person: %s")
            messages.info(
                request, (held if emergency else _("Waits for a second person: %s")) % names
            )
        return _page_of(who)

    held = [group.name for group in who.groups.all()]
    return form_door(
        request,
        RolesForm(request.POST or None, initial={"roles": held}),
        run=run,
        title=_("Roles of %(name)s") % {"name": who.name},
        submit=_("Change the roles"),
        cancel_url=_page_of(who),
    )


@require_http_methods(FORM)
@needs(MANAGE)
def person_access(request: SignedInRequest, username: str) -> HttpResponse:
    """Let a person choose a password anew."""
    who = find_person(request, username)

    def run(facts: dict[str, Any]) -> HttpResponse:
        renew_access(
            user=who, by_mail=mail_is_set_up(), **facts, actor=request.user, at=timezone.now()
        )
        return _hand_over(request, who)

    return form_door(
        request,
        AccessForm(request.POST or None),
        run=run,
        title=_("A new sign-in link for %(name)s") % {"name": who.name},
        submit=_("Make the link"),
        cancel_url=_page_of(who),
    )


@require_http_methods(FORM)
@needs(MANAGE)
def person_deactivate(request: SignedInRequest, username: str) -> HttpResponse:
    """Close an account."""
    who = find_person(request, username)

    def run(facts: dict[str, Any]) -> str:
        deactivate_person(user=who, **facts, actor=request.user, at=timezone.now())
        if duties_of(who, at=timezone.now()):
            messages.warning(request, _("Closed. What this person answered for waits for others."))
            return reverse("accounts:person_hand_over", args=[who.username])
        return _page_of(who)

    return form_door(
        request,
        ReasonForm(request.POST or None),
        run=run,
        title=_("Deactivate %(name)s") % {"name": who.name},
        submit=_("Deactivate"),
        cancel_url=_page_of(who),
    )


@require_http_methods(FORM)
@needs(MANAGE)
def person_reactivate(request: SignedInRequest, username: str) -> HttpResponse:
    """Open an account again."""
    who = find_person(request, username)

    def run(facts: dict[str, Any]) -> str:
        reactivate_person(user=who, **facts, actor=request.user, at=timezone.now())
        return _page_of(who)

    return form_door(
        request,
        ReasonForm(request.POST or None),
        run=run,
        title=_("Reactivate %(name)s") % {"name": who.name},
        submit=_("Reactivate"),
        cancel_url=_page_of(who),
    )


@require_http_methods(FORM)
@needs(MANAGE)
def person_erase(request: SignedInRequest, username: str) -> HttpResponse:
    """Forget what is personal about somebody who has left."""
    who = find_person(request, username)

    def run(facts: dict[str, Any]) -> str:
        erase_person(user=who, **facts, actor=request.user, at=timezone.now())
        return _page_of(who)

    return form_door(
        request,
        ReasonForm(request.POST or None),
        run=run,
        title=_("Erase the personal data of %(name)s") % {"name": who.name},
        submit=_("Erase for good"),
        cancel_url=_page_of(who),
    )


def _page_of(who: User) -> str:
    return reverse("accounts:person", args=[who.username])


def _hand_over(request: SignedInRequest, who: User) -> HttpResponse:
    """Say that the link is on its way; where no mail leaves the house, show it this once."""
    link = "" if mail_is_set_up() else sign_in_link(who)
    answer = render(request, "accounts/invitation.html", {"person": who, "link": link})
    answer["Cache-Control"] = "no-store"
    return answer
