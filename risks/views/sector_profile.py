"""The sector profiles: what each switches on, an organisation's copy, taking proposals over."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assets.models import Sector
from assets.views.doors import form_door
from bcp_portal.shared import lists
from bcp_portal.shared.pages import SignedInRequest, attempt, needs, render_page
from incidents.services.playbook import load_ready_playbooks
from risks.forms.sector_profile import SectorProfileForm
from risks.selectors.sector_profile import profile_lines, profile_page
from risks.services.sector_profile import take_over_controls
from risks.views.risk import FORM
from telemetry.sector_profiles import all_asks
from telemetry.services.sector_profile import edit_sector_profile


def _known(sector: str) -> str:
    if sector not in Sector.values:
        raise Http404
    return sector


@require_safe
@needs("telemetry.view_sectorprofile")
def profiles(request: SignedInRequest) -> HttpResponse:
    """All sectors, and how much of what they ask for is here."""
    lines = profile_lines(request.user)
    file = lists.table_response(
        request,
        "risks.sector_profiles",
        _("Sector profiles"),
        [
            _("Sector"), _("Sites"), _("Rules of its own"), _("Limits"), _("Controls"),
            _("Controls here"), _("Courses"), _("Playbooks"), _("Playbooks here"), _("Version"),
        ],
        lambda: [
            [
                one.label,
                one.sites,
                one.rules,
                one.limits,
                one.controls,
                one.controls_here,
                one.courses,
                one.playbooks,
                one.playbooks_here,
                one.number,
            ]
            for one in lines
        ],
        at=timezone.now(),
    )  # fmt: skip
    return file or render_page(request, "risks/sector_profiles.html", {"lines": lines})


@require_safe
@needs("telemetry.view_sectorprofile")
def profile(request: SignedInRequest, sector: str) -> HttpResponse:
    """One sector: a page of its own, and a part of the pages of its sites."""
    page = profile_page(_known(sector), user=request.user, at=timezone.now())
    part = request.headers.get("HX-Request") == "true" and request.GET.get("part")
    template = "risks/_sector_profile_card.html" if part else "risks/sector_profile.html"
    return render_page(request, template, {"page": page})


@require_http_methods(FORM)
@needs("telemetry.edit_sector_profile")
def profile_edit(request: SignedInRequest, sector: str) -> HttpResponse:
    """Write the organisation's own version."""
    asks = all_asks()[_known(sector)]
    form = SectorProfileForm(request.POST or None, sector=sector, asks=asks)
    back = reverse("risks:sector_profile", args=[sector])

    def run(facts: dict[str, Any]) -> str:
        edit_sector_profile(
            sector=sector,
            asks=form.asks(),
            reason=facts["reason"],
            actor=request.user,
            at=timezone.now(),
        )
        return back

    return form_door(
        request,
        form,
        run=run,
        title=_("What is asked of the sector: %s") % Sector(sector).label,
        submit=_("Save as a new version"),
        cancel_url=back,
    )


@require_POST
@needs("risks.run_control")
def profile_controls(request: SignedInRequest, sector: str) -> HttpResponse:
    """Take over the controls that are proposed and not here."""
    attempt(
        request,
        lambda: take_over_controls(sector=_known(sector), actor=request.user, at=timezone.now()),
        done=_("The controls are in the catalogue; test each of them."),
    )
    return redirect("risks:sector_profile", sector=sector)


@require_POST
@needs("incidents.publish_playbook")
def profile_playbooks(request: SignedInRequest, sector: str) -> HttpResponse:
    """Take over the ready playbooks that are asked for and not here."""
    codes = all_asks()[_known(sector)].playbooks
    taken = load_ready_playbooks(actor=request.user, at=timezone.now(), codes=codes)
    messages.success(request, _("%d playbooks were taken over.") % len(taken))
    return redirect("risks:sector_profile", sector=sector)
