"""Losses in money, likelihoods that answer to history, and what continuity is worth."""

from typing import Any

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
from risks.forms.figures import EstimateForm, ToleranceForm, WorthForm
from risks.models import ContinuityWorth, LikelihoodProposal, LossTolerance
from risks.selectors.figures import loss_page, worth_page
from risks.selectors.movement import calibration as band_lines
from risks.selectors.movement import weighed_counts
from risks.services.figures import estimate_loss, set_tolerance, set_worth
from risks.services.movement import LOOKED_BACK, accept_movement, decline_movement
from risks.views.risk import FORM, find_risk, page_of


@require_safe
@needs("risks.view_risk")
def losses(request: SignedInRequest) -> HttpResponse:
    """What all risks together may cost in a year, against what is tolerated."""
    page = loss_page(request.user)
    file = lists.table_response(
        request,
        "risks.losses",
        _("Losses"),
        [
            _("Code"), _("Risk"), _("Times a year, low"), _("Times a year, high"),
            _("Loss at a time, low"), _("Loss at a time, high"), _("Average year"), _("Rests on"),
        ],
        lambda: [
            [
                one.risk.code,
                one.risk.title,
                one.bet.rate_low,
                one.bet.rate_high,
                one.bet.loss_low,
                one.bet.loss_high,
                round(one.bet.yearly),
                one.estimate.note,
            ]
            for one in page.lines
        ],
        at=timezone.now(),
    )  # fmt: skip
    return file or render_page(request, "risks/losses.html", {"page": page})


@require_safe
@needs("risks.view_risk")
def risk_loss(request: SignedInRequest, code: str) -> HttpResponse:
    """What one risk may cost in a year."""
    risk = find_risk(request, code)
    context = {"page": loss_page(request.user, risk=risk), "risk": risk}
    return render_page(request, "risks/losses.html", context)


@require_http_methods(FORM)
@needs("risks.run_risk")
def risk_estimate(request: SignedInRequest, code: str) -> HttpResponse:
    """Say how often and how much."""
    risk = find_risk(request, code)
    done = reverse("risks:loss", args=[code])
    last = risk.loss_estimates.order_by("-made_at", "-pk").first()
    names = EstimateForm.Meta.fields
    known = {name: getattr(last, name) for name in names} if last else {}

    def run(facts: dict[str, Any]) -> str:
        estimate_loss(risk=risk, facts=facts, actor=request.user, at=timezone.now())
        return done

    return form_door(
        request,
        EstimateForm(request.POST or None, initial=known),
        run=run,
        title=_("What does %(code)s cost?") % {"code": code},
        submit=_("Estimate"),
        cancel_url=page_of(code),
    )


@require_http_methods(FORM)
@needs("risks.publish_matrix")
def tolerance(request: SignedInRequest) -> HttpResponse:
    """Draw the line of what is tolerated."""
    last = LossTolerance.objects.order_by("-set_at", "-pk").first()
    lines = [f"{loss:.0f} {chance:.0%}" for loss, chance in (last.points if last else [])]

    def run(facts: dict[str, Any]) -> str:
        set_tolerance(**facts, actor=request.user, at=timezone.now())
        return reverse("risks:losses")

    return form_door(
        request,
        ToleranceForm(request.POST or None, initial={"points": "\n".join(lines)}),
        run=run,
        title=_("What losses are tolerated?"),
        submit=_("Draw the line"),
        cancel_url=reverse("risks:losses"),
    )


@require_safe
@needs("assets.view_every_site")
def worth(request: SignedInRequest) -> HttpResponse:
    """What continuity was worth over the last year, against its cost."""
    return render_page(request, "risks/worth.html", {"page": worth_page(at=timezone.now())})


@require_http_methods(FORM)
@needs("risks.publish_matrix")
def worth_edit(request: SignedInRequest) -> HttpResponse:
    """Say what an hour, an error and the undertaking are worth."""
    last = ContinuityWorth.objects.order_by("-set_at", "-pk").first()
    names = WorthForm.Meta.fields
    known = {name: getattr(last, name) for name in names} if last else {}

    def run(facts: dict[str, Any]) -> str:
        set_worth(facts=facts, actor=request.user, at=timezone.now())
        return reverse("risks:worth")

    return form_door(
        request,
        WorthForm(request.POST or None, initial=known),
        run=run,
        title=_("What is it worth?"),
        submit=_("Save"),
        cancel_url=reverse("risks:worth"),
    )


@require_safe
@needs("risks.view_risk")
def calibration(request: SignedInRequest) -> HttpResponse:
    """How often what each band of likelihood claims came true."""
    at = timezone.now()
    lines = band_lines(user=request.user, at=at, back=LOOKED_BACK)
    file = lists.table_response(
        request,
        "risks.calibration",
        _("Calibration"),
        [
            _("Likelihood"), _("Risks"), _("Risk years"), _("Expected"), _("Seen"),
            _("Rate a year, low"), _("Rate a year, high"),
        ],
        lambda: [
            [one.label, one.risks, one.years, one.expected, one.seen, one.low, one.high]
            for one in lines
        ],
        at=at,
    )  # fmt: skip
    context = {
        "lines": lines,
        "weighed": weighed_counts(request.user),
        "waiting": LikelihoodProposal.objects.visible_to(request.user)
        .waiting()
        .select_related("risk")
        .order_by("-offered_at")[:100],
    }
    return file or render_page(request, "risks/calibration.html", context)


def _weigh(request: SignedInRequest, pk: int, verb: Any, title: str, submit: str) -> HttpResponse:
    visible = LikelihoodProposal.objects.visible_to(request.user).select_related("risk")
    proposal = get_object_or_404(visible, pk=pk)

    def run(facts: dict[str, Any]) -> str:
        verb(
            proposal=proposal,
            reason=facts["reason"],
            actor=request.user,
            at=timezone.now(),
        )
        return page_of(proposal.risk.code)

    return form_door(
        request,
        NoteForm(request.POST or None),
        run=run,
        title=title % {"code": proposal.risk.code},
        submit=submit,
        cancel_url=page_of(proposal.risk.code),
    )


@require_http_methods(FORM)
@needs("risks.weigh_evidence")
def proposal_accept(request: SignedInRequest, pk: int) -> HttpResponse:
    """Judge the risk by what history says."""
    title = _("Why is history right about %(code)s?")
    return _weigh(request, pk, accept_movement, title, _("Judge so"))


@require_http_methods(FORM)
@needs("risks.weigh_evidence")
def proposal_decline(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say why history misleads here."""
    title = _("Why does history mislead about %(code)s?")
    return _weigh(request, pk, decline_movement, title, _("Leave it as it is"))
