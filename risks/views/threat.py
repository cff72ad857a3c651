"""The catalogue of threats, each with the risks that it brings about."""

from typing import Any

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from assets.views.doors import form_door
from bcp_portal.shared import lists
from bcp_portal.shared.pages import SignedInRequest, needs, render_page
from risks.forms import NoteForm
from risks.forms.threat import ThreatForm
from risks.models import Risk, Threat
from risks.services.threat import add_threat, edit_threat, retire_threat
from risks.views.risk import FORM


@require_safe
@needs("risks.view_risk")
def threats(request: SignedInRequest) -> HttpResponse:
    """What may bring risks about, and how many of them."""
    seen = Risk.objects.visible_to(request.user).in_force()
    known = Threat.objects.visible_to(request.user)
    rows = known.annotate(
        many=Count("risks", filter=Q(risks__in=seen.values("pk")), distinct=True)
    ).order_by("-many", "name", "code")
    file = lists.table_response(
        request,
        "risks.threats",
        _("Threats"),
        [_("Code"), _("Threat"), _("Risks"), _("Retired")],
        lambda: [[one.code, str(one), getattr(one, "many", 0), one.retired_on] for one in rows],
        at=timezone.now(),
    )
    context = {"rows": list(rows), "unnamed": seen.filter(threats=None).count()}
    return file or render_page(request, "risks/threats.html", context)


@require_http_methods(FORM)
@needs("risks.publish_matrix")
def threat_add(request: SignedInRequest) -> HttpResponse:
    """Put a threat into the catalogue."""

    def run(facts: dict[str, Any]) -> str:
        add_threat(code=facts.pop("code"), facts=facts, actor=request.user, at=timezone.now())
        return reverse("risks:threats")

    return form_door(
        request,
        ThreatForm(request.POST or None),
        run=run,
        title=_("A new threat"),
        submit=_("Add"),
        cancel_url=reverse("risks:threats"),
    )


def _find(request: SignedInRequest, code: str) -> Threat:
    return get_object_or_404(Threat.objects.visible_to(request.user).in_use(), code=code)


@require_http_methods(FORM)
@needs("risks.publish_matrix")
def threat_edit(request: SignedInRequest, code: str) -> HttpResponse:
    """Call a threat otherwise."""
    threat = _find(request, code)

    def run(facts: dict[str, Any]) -> str:
        edit_threat(threat=threat, facts=facts, actor=request.user, at=timezone.now())
        return reverse("risks:threats")

    return form_door(
        request,
        ThreatForm(request.POST or None, instance=_find(request, code)),
        run=run,
        title=_("Threat %(name)s") % {"name": threat},
        submit=_("Save"),
        cancel_url=reverse("risks:threats"),
    )


@require_http_methods(FORM)
@needs("risks.publish_matrix")
def threat_retire(request: SignedInRequest, code: str) -> HttpResponse:
    """Offer a threat no more."""
    threat = _find(request, code)

    def run(facts: dict[str, Any]) -> str:
        at = timezone.now()
        retire_threat(
            threat=threat, reason=facts["reason"], on=at.date(), actor=request.user, at=at
        )
        return reverse("risks:threats")

    return form_door(
        request,
        NoteForm(request.POST or None),
        run=run,
        title=_("Retire %(code)s") % {"code": threat.code},
        submit=_("Retire"),
        cancel_url=reverse("risks:threats"),
    )
