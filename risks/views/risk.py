"""The page of one risk, and the forms that change what is said about it."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from assets.models import Asset
from assets.views.doors import form_door
from bcp_portal.shared.pages import SignedInRequest, needs, render_page
from risks.forms import AssessForm, NoteForm, ReviewForm, RiskForm, SinceForm
from risks.forms.two_texts import text_pairs, typed_text
from risks.imports.report import LINKS
from risks.models import STANDARD, Risk
from risks.selectors.as_of import end_of_day
from risks.selectors.heat_map import heat_map
from risks.selectors.matrix import family_names, fitting, marks_of, matrix_view, scale_in_force
from risks.selectors.risk_page import risk_page
from risks.services.assessment import assess_risk
from risks.services.risk import edit_risk, finish_review, identify_risk, retire_risk

FORM = ["GET", "HEAD", "POST"]
KINDS = ("residual", "inherent", "target")


def find_risk(request: SignedInRequest, code: str) -> Risk:
    """The risk of the address, if this person may see it."""
    visible = Risk.objects.visible_to(request.user).for_list()
    return get_object_or_404(visible, code=code)


def page_of(code: str) -> str:
    """The address of a risk's page."""
    return reverse("risks:detail", args=[code])


@require_safe
@needs("risks.view_risk")
def risk_detail(request: SignedInRequest, code: str) -> HttpResponse:
    """What could happen, how it is judged, and what is done about it."""
    risk = find_risk(request, code)
    page = risk_page(risk, user=request.user, at=timezone.now())
    return render_page(request, "risks/risk_detail.html", {"page": page})


@require_safe
@needs("risks.view_risk")
def heat_map_page(request: SignedInRequest) -> HttpResponse:
    """Where the risks stand on the matrix; each cell opens its risks."""
    kind = request.GET.get("kind", "residual")
    kind = kind if kind in KINDS else "residual"
    families = family_names()
    asked = request.GET.get("matrix", STANDARD)
    family = asked if asked in dict(families) else STANDARD
    form = SinceForm(request.GET)
    day = form.cleaned_data["since"] if form.is_valid() else None
    since = end_of_day(day, timezone.now()) if day else None
    page = heat_map(request.user, kind=kind, family=family, since=since)
    labels = {"residual": _("Residual"), "inherent": _("Inherent"), "target": _("Target")}
    keep = f"&matrix={family}" + (f"&since={day.isoformat()}" if day else "")
    tabs = [
        {"label": labels[one], "url": f"?kind={one}{keep}", "active": one == kind, "count": None}
        for one in KINDS
    ]
    context = {"page": page, "tabs": tabs, "families": families, "since": day}
    return render_page(request, "risks/heat_map.html", context)


@require_http_methods(FORM)
@needs("risks.run_risk")
def risk_add(request: SignedInRequest) -> HttpResponse:
    """Put something that could happen into the register."""

    def run(facts: dict[str, Any]) -> str:
        links = {name: facts.pop(name) for name in LINKS}
        facts.pop("seen")
        risk = identify_risk(facts=facts, **links, actor=request.user, at=timezone.now())
        return reverse("risks:assess", args=[risk.code])

    return form_door(
        request,
        RiskForm(request.POST or None, user=request.user, initial={"owner": request.user.pk}),
        run=run,
        title=_("Identify a risk"),
        submit=_("Identify and assess"),
        cancel_url=reverse("risks:register"),
        template="risks/risk_form.html",
        extra={"matrix": matrix_view()},
    )


@require_http_methods(FORM)
@needs("risks.run_risk")
def risk_edit(request: SignedInRequest, code: str) -> HttpResponse:
    """Correct what is said about a risk; who was slower sees both texts and loses none."""
    risk = find_risk(request, code)
    typed, saw = typed_text(request, risk)
    form = RiskForm(
        typed,
        user=request.user,
        instance=find_risk(request, code),
        initial={"seen": risk.version},
    )

    def run(facts: dict[str, Any]) -> str:
        # Assets that this person may not see stay named.
        seen = Asset.objects.visible_to(request.user).values("pk")
        kept = risk.assets.exclude(pk__in=seen)
        links = {name: facts.pop(name) for name in LINKS}
        facts.pop("seen")
        edit_risk(
            risk=risk,
            facts=facts,
            **(links | {"assets": [*links["assets"], *kept]}),
            expected=saw,
            actor=request.user,
            at=timezone.now(),
        )
        return page_of(code)

    return form_door(
        request,
        form,
        run=run,
        title=_("Edit %(code)s") % {"code": code},
        submit=_("Save"),
        cancel_url=page_of(code),
        template="risks/risk_form.html",
        extra={
            "matrix": matrix_view(family=risk.matrix_family),
            "pairs": text_pairs(risk, form, saw=saw),
        },
    )


@require_http_methods(FORM)
@needs("risks.run_risk")
def risk_assess(request: SignedInRequest, code: str) -> HttpResponse:
    """Judge a risk on the matrix."""
    risk = find_risk(request, code)
    family = risk.matrix_family
    scale = scale_in_force(family)[1]
    matrix = matrix_view(family=family, marks=marks_of(risk, scale))

    def run(facts: dict[str, Any]) -> str:
        assess_risk(risk=risk, **facts, actor=request.user, at=timezone.now())
        return page_of(code)

    now = risk.residual
    # A place on a matrix of another shape is not carried over: it would claim what nobody judged.
    fits = now is not None and now.matrix_id in fitting(family, scale.shape)
    initial = {"likelihood": now.likelihood, "impact": now.impact} if now and fits else {}
    return form_door(
        request,
        AssessForm(request.POST or None, matrix=matrix, initial=initial),
        run=run,
        title=_("Assess %(code)s") % {"code": code},
        submit=_("Assess"),
        cancel_url=page_of(code),
        template="risks/assess_form.html",
        extra={"matrix": matrix, "risk": risk},
    )


@require_http_methods(FORM)
@needs("risks.run_risk")
def risk_review(request: SignedInRequest, code: str) -> HttpResponse:
    """Say that a risk was looked at."""
    risk = find_risk(request, code)

    def run(facts: dict[str, Any]) -> str:
        finish_review(risk=risk, **facts, actor=request.user, at=timezone.now())
        return page_of(code)

    return form_door(
        request,
        ReviewForm(request.POST or None),
        run=run,
        title=_("Review %(code)s") % {"code": code},
        submit=_("Reviewed"),
        cancel_url=page_of(code),
    )


@require_http_methods(FORM)
@needs("risks.run_risk")
def risk_retire(request: SignedInRequest, code: str) -> HttpResponse:
    """Take a risk out of the register."""
    risk = find_risk(request, code)

    def run(facts: dict[str, Any]) -> str:
        retire_risk(risk=risk, reason=facts["reason"], actor=request.user, at=timezone.now())
        return page_of(code)

    return form_door(
        request,
        NoteForm(request.POST or None),
        run=run,
        title=_("Retire %(code)s") % {"code": code},
        submit=_("Retire"),
        cancel_url=page_of(code),
    )
