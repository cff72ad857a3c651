"""What closed incidents teach: the part on the incident page, the inbox, and the weighing."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assets.views.doors import form_door
from bcp_portal.shared.pages import SignedInRequest, attempt, needs, render_page
from incidents.models import Incident
from risks.forms import LinkIncidentForm, NoteForm
from risks.models import AchievementOffer, RiskEvidence
from risks.selectors.inbox import evidence_inbox
from risks.selectors.lessons import lessons_of
from risks.services.evidence import (
    accept_achievement,
    accept_evidence,
    decline_achievement,
    decline_evidence,
    link_incident,
)
from risks.views.risk import FORM, find_risk, page_of


@require_safe
@needs("risks.view_risk")
def for_incident(request: SignedInRequest, code: str) -> HttpResponse:
    """What an incident teaches: a page of its own, and a part of the incident's page."""
    visible = Incident.objects.visible_to(request.user)
    named = {"pk": int(code)} if code.isdecimal() else {"code": code}
    incident = get_object_or_404(visible, **named)
    lessons = lessons_of(incident, user=request.user)
    part = bool(request.GET.get("part")) or request.headers.get("HX-Request") == "true"
    template = "risks/_lessons.html" if part else "risks/for_incident.html"
    return render_page(request, template, {"page": lessons})


@require_safe
@needs("risks.view_risk")
def inbox(request: SignedInRequest) -> HttpResponse:
    """Evidence and offers that nobody has weighed yet."""
    page = evidence_inbox(request.user)
    return render_page(request, "risks/inbox.html", {"page": page})


def _back(request: SignedInRequest, fallback: str) -> str:
    there = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(there, allowed_hosts=None)
    return there if there and safe else fallback


@require_POST
@needs("assets.record_achievement")
def offer_accept(request: SignedInRequest, pk: int) -> HttpResponse:
    """The "Record" button beside what was achieved."""
    offer = get_object_or_404(AchievementOffer.objects.visible_to(request.user), pk=pk)
    attempt(
        request,
        lambda: accept_achievement(offer=offer, actor=request.user, at=timezone.now()),
        _("Recorded as proof of the target."),
    )
    return redirect(_back(request, reverse("risks:inbox")))


@require_http_methods(FORM)
@needs("assets.record_achievement")
def offer_decline(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say that this recovery says nothing about the target."""
    visible = AchievementOffer.objects.visible_to(request.user).for_list()
    offer = get_object_or_404(visible, pk=pk)

    def run(facts: dict[str, Any]) -> str:
        decline_achievement(
            offer=offer, reason=facts["reason"], actor=request.user, at=timezone.now()
        )
        return reverse("risks:inbox")

    names = {"incident": offer.incident.code, "asset": offer.asset.code}
    return form_door(
        request,
        NoteForm(request.POST or None),
        run=run,
        title=_("Why does %(incident)s say nothing about %(asset)s?") % names,
        submit=_("Decline"),
        cancel_url=reverse("risks:inbox"),
    )


def _weigh(request: SignedInRequest, pk: int, verb: Any, title: str, submit: str) -> HttpResponse:
    visible = RiskEvidence.objects.visible_to(request.user).for_list()
    evidence = get_object_or_404(visible, pk=pk)

    def run(facts: dict[str, Any]) -> str:
        verb(evidence=evidence, reason=facts["reason"], actor=request.user, at=timezone.now())
        return page_of(evidence.risk.code)

    names = {"incident": evidence.incident.code, "risk": evidence.risk.code}
    return form_door(
        request,
        NoteForm(request.POST or None),
        run=run,
        title=title % names,
        submit=submit,
        cancel_url=page_of(evidence.risk.code),
    )


@require_http_methods(FORM)
@needs("risks.weigh_evidence")
def evidence_accept(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say that the incident changes how the risk must be judged."""
    title = _("What does %(incident)s change about %(risk)s?")
    return _weigh(request, pk, accept_evidence, title, _("Accept and judge again"))


@require_http_methods(FORM)
@needs("risks.weigh_evidence")
def evidence_decline(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say that the incident teaches nothing new about the risk."""
    title = _("Why does %(incident)s change nothing about %(risk)s?")
    return _weigh(request, pk, decline_evidence, title, _("Decline"))


@require_http_methods(FORM)
@needs("risks.run_risk")
def risk_link_incident(request: SignedInRequest, code: str) -> HttpResponse:
    """Offer an incident to a risk by hand."""
    risk = find_risk(request, code)

    def run(facts: dict[str, Any]) -> str:
        link_incident(risk=risk, **facts, actor=request.user, at=timezone.now())
        return page_of(code)

    return form_door(
        request,
        LinkIncidentForm(request.POST or None, user=request.user),
        run=run,
        title=_("Which incident says something about %(code)s?") % {"code": code},
        submit=_("Link"),
        cancel_url=page_of(code),
    )
