"""Doors of duties to tell: the rules, and the clocks of an incident."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bcp_portal.shared import lists
from bcp_portal.shared.doors import form_door
from bcp_portal.shared.pages import SignedInRequest, attempt, needs
from incidents.forms.incident import ReasonForm
from incidents.forms.reporting import ReportingRuleForm, ReportingStartForm, ReportingToldForm
from incidents.models import Incident, ReportingClock, ReportingRule
from incidents.services.reporting import (
    meet_reporting_clock,
    retire_reporting_rule,
    save_reporting_rule,
    start_reporting_clock,
    waive_reporting_clock,
)
from incidents.views.updates import SEE, TELL, talk_tabs

CHANGE = "incidents.change_updatetemplate"
RUN = "incidents.run_incident"
FORM = ("GET", "HEAD", "POST")

RULES = lists.ListSpec(
    name="incidents.reporting_rules",
    title=_("Duties to tell"),
    lead=_("Who must hear within which time after we became aware, by law or by contract."),
    columns=(
        lists.code("name", _("Name"), url="incidents:reporting_rule", args=("pk",), sort="name"),
        lists.text("recipient", _("Who must be told"), sort=True),
        lists.text("audience", _("An update for"), value=lambda row: row.get_audience_display()),
        lists.duration("within", _("Within"), sort=True),
        lists.text("kinds", _("Started by"), value=lambda row: row.kind_words),
        lists.text("basis", _("Law or contract")),
    ),
    search=("name", "recipient", "basis"),
    default_sort="name",
    empty_title=_("No duty to tell is known yet"),
    empty_text=_("For example: a breach of personal data, to the authority within 3 x 24 hours."),
    empty_url="incidents:reporting_rule_add",
    empty_label=_("Add a duty"),
)


@require_safe
@needs(SEE)
def reporting_rules(request: SignedInRequest) -> HttpResponse:
    """Every duty to tell."""
    rows = ReportingRule.objects.visible_to(request.user).in_force()
    extra: dict[str, Any] = {"tabs": talk_tabs("incidents:reporting_rules")}
    if request.user.has_perm(CHANGE):
        url = reverse("incidents:reporting_rule_add")
        button = {"url": url, "label": gettext("Add a duty"), "primary": True}
        extra["title_buttons"] = [button]
    return lists.list_response(request, RULES, rows, at=timezone.now(), extra=extra)


@require_http_methods(FORM)
@needs(CHANGE)
def reporting_rule_add(request: SignedInRequest) -> HttpResponse:
    """Add a duty."""
    return _editor(request, None)


@require_http_methods(FORM)
@needs(CHANGE)
def reporting_rule(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change a duty; clocks that run keep the words they began with."""
    rows = ReportingRule.objects.visible_to(request.user).in_force()
    return _editor(request, get_object_or_404(rows, pk=pk))


@require_POST
@needs(CHANGE)
def reporting_rule_retire(request: SignedInRequest, pk: int) -> HttpResponse:
    """Start no more clocks by this duty."""
    rule = get_object_or_404(ReportingRule.objects.visible_to(request.user), pk=pk)
    attempt(
        request, lambda: retire_reporting_rule(rule=rule, actor=request.user, at=timezone.now())
    )
    return redirect("incidents:reporting_rules")


def _editor(request: SignedInRequest, rule: ReportingRule | None) -> HttpResponse:
    names = ("name", "recipient", "audience", "within", "kinds", "basis")
    initial = {name: getattr(rule, name) for name in names} if rule else {}

    def run(facts: dict[str, Any]) -> str:
        save_reporting_rule(rule=rule, **facts, actor=request.user, at=timezone.now())
        return reverse("incidents:reporting_rules")

    retire = reverse("incidents:reporting_rule_retire", args=[rule.pk]) if rule else ""
    return form_door(
        request,
        ReportingRuleForm(request.POST or None, initial=initial),
        run=run,
        title=rule.name if rule else gettext("Add a duty"),
        submit=gettext("Save"),
        cancel_url=reverse("incidents:reporting_rules"),
        template="incidents/talk_form.html",
        extra={"retire_url": retire},
    )


@require_http_methods(FORM)
@needs(RUN)
def reporting_start(request: SignedInRequest, code: str) -> HttpResponse:
    """Decide that somebody must be told of this incident."""
    incident = get_object_or_404(Incident.objects.visible_to(request.user), code=code)
    rules = ReportingRule.objects.visible_to(request.user).in_force()
    form = ReportingStartForm(
        request.POST or None, rules=rules.exclude(clocks__incident=incident).order_by("name")
    )

    def run(facts: dict[str, Any]) -> str:
        at = timezone.now()
        aware_at = at - facts.pop("aware_ago")
        start_reporting_clock(
            incident=incident, aware_at=aware_at, **facts, actor=request.user, at=at
        )
        return reverse("incidents:detail", args=[code])

    return form_door(
        request,
        form,
        run=run,
        title=gettext("%(code)s: who must be told") % {"code": code},
        submit=gettext("Start the clock"),
        cancel_url=reverse("incidents:detail", args=[code]),
    )


def _clock(request: SignedInRequest, pk: int) -> ReportingClock:
    rows = ReportingClock.objects.visible_to(request.user).select_related("incident")
    return get_object_or_404(rows, pk=pk)


@require_http_methods(FORM)
@needs(TELL)
def reporting_told(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say which update told them."""
    clock = _clock(request, pk)
    page = reverse("incidents:detail", args=[clock.incident.code])
    updates = clock.incident.updates.filter(audience=clock.audience).order_by("-published_at")

    def run(facts: dict[str, Any]) -> str:
        meet_reporting_clock(clock=clock, **facts, actor=request.user, at=timezone.now())
        return page

    return form_door(
        request,
        ReportingToldForm(request.POST or None, updates=updates),
        run=run,
        title=gettext("Which update told %(recipient)s?") % {"recipient": clock.recipient},
        submit=gettext("Save"),
        cancel_url=page,
    )


@require_http_methods(FORM)
@needs(RUN)
def reporting_waive(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say that the duty does not apply after all, and why."""
    clock = _clock(request, pk)
    page = reverse("incidents:detail", args=[clock.incident.code])

    def run(facts: dict[str, Any]) -> str:
        waive_reporting_clock(clock=clock, **facts, actor=request.user, at=timezone.now())
        return page

    return form_door(
        request,
        ReasonForm(request.POST or None),
        run=run,
        title=gettext("%(name)s does not apply") % {"name": clock.name},
        submit=gettext("Save"),
        cancel_url=page,
    )
