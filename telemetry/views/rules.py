"""The rules of detection: what each asks, where it is on, and the door to change it."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from assets.models import Sector, Site
from bcp_portal.shared.pages import SignedInRequest, attempt, needs, render_page
from telemetry.detection.catalogue import BY_CODE, RuleSpec
from telemetry.forms.rule import RuleForm
from telemetry.models import RuleSetting
from telemetry.selectors_rules import ABOUT, rule_lines, rule_page, wider_numbers
from telemetry.services.rule_setting import set_rule


@require_safe
@needs("telemetry.view_rulesetting")
def rules(request: SignedInRequest) -> HttpResponse:
    """All rules with their numbers, and what the sector profiles ask."""
    profiles = [(Sector(sector).label, about) for sector, about in ABOUT.items()]
    context = {"lines": rule_lines(request.user), "profiles": profiles}
    return render_page(request, "telemetry/rules.html", context)


@require_safe
@needs("telemetry.view_rulesetting")
def rule(request: SignedInRequest, code: str) -> HttpResponse:
    """One rule: what holds where, and who changed it."""
    context = {"page": rule_page(_spec(code), request.user)}
    return render_page(request, "telemetry/rule.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("telemetry.tune_rule")
def rule_set(request: SignedInRequest, code: str) -> HttpResponse:
    """Switch and tune a rule everywhere, in a sector, or at a site."""
    spec = _spec(code)
    sector = request.GET.get("sector", "")
    if sector and sector not in Sector.values:
        raise Http404
    site = None
    if wanted := request.GET.get("site", "").strip():
        site = get_object_or_404(Site.objects.visible_to(request.user), code=wanted)
    place = {"site": site} if site else {"site": None, "sector": sector}
    setting = RuleSetting.objects.visible_to(request.user).filter(rule=spec.code, **place).first()
    form = RuleForm(
        request.POST or None,
        spec=spec,
        wider=wider_numbers(spec, sector=sector, site=site),
        setting=setting,
    )
    if form.is_valid() and attempt(
        request,
        lambda: set_rule(
            rule=spec.code,
            sector=sector,
            site=site,
            actor=request.user,
            at=timezone.now(),
            **form.said(),
        ),
    ):
        return redirect("telemetry:rule", code=spec.code)
    label = str(site or (Sector(sector).label if sector else _("Everywhere")))
    context = {"form": form, "spec": spec, "place": label}
    return render_page(request, "telemetry/rule_form.html", context)


def _spec(code: str) -> RuleSpec:
    if code not in BY_CODE:
        raise Http404
    return BY_CODE[code]
