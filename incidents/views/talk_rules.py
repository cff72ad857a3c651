"""Doors of how we speak: templates, audiences, and the lines of the status page."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bcp_portal.shared import lists
from bcp_portal.shared.doors import form_door
from bcp_portal.shared.pages import SignedInRequest, attempt, needs, render_page
from incidents.forms.communication import AudienceForm, ComponentForm, TemplateForm
from incidents.models import Audience, StatusComponent, UpdateTemplate
from incidents.placeholders import PLACEHOLDERS
from incidents.selectors.communication import all_rules, rule_for
from incidents.services.status_page import retire_component, save_component
from incidents.services.update_template import (
    load_ready_templates,
    retire_template,
    save_template,
    set_audience_rule,
)
from incidents.views.updates import SEE, talk_tabs

CHANGE = "incidents.change_updatetemplate"
FORM = ("GET", "HEAD", "POST")

TEMPLATES = lists.ListSpec(
    name="incidents.update_templates",
    title=_("Templates of updates"),
    lead=_("Words prepared in quiet hours. Braces are filled with the facts of the incident."),
    columns=(
        lists.code("code", _("Code"), url="incidents:update_template", args=("code",)),
        lists.text("name", _("Name"), value=lambda row: row.said("name"), sort="name"),
        lists.text("audience", _("For"), value=lambda row: row.get_audience_display(), sort=True),
        lists.text("text", _("Words"), value=lambda row: row.said("text"), max_chars=160),
        lists.bool_("both", _("Both languages"), value=lambda row: bool(row.translations)),
        lists.when("changed_at", _("Changed"), sort=True),
    ),
    filters=(lists.choice("audience", _("For"), choices=Audience.choices),),
    search=("code", "name", "text"),
    default_sort="audience",
    empty_title=_("No templates yet"),
    empty_text=_("In an incident nobody finds good words quickly. Load ours, or write your own."),
)
COMPONENTS = lists.ListSpec(
    name="incidents.status_components",
    title=_("Lines of the status page"),
    lead=_("Services in words that customers use, and the asset whose outage makes them red."),
    columns=(
        lists.number("position", _("Position"), sort=True),
        lists.code("name", _("Name"), url="incidents:status_component", args=("pk",), sort="name"),
        lists.text("name_id", _("In Indonesian"), value=lambda row: _indonesian(row)),
        lists.text("asset.code", _("Asset"), sort="asset__code"),
        lists.bool_("is_public", _("Public"), sort=True),
    ),
    search=("name", "asset__code"),
    default_sort="position",
    empty_title=_("The status page lists no services yet"),
    empty_text=_("Add the handful of services that customers ask about."),
    empty_url="incidents:status_component_add",
    empty_label=_("Add a service"),
)


def _indonesian(row: StatusComponent) -> str:
    return str(row.translations.get("id", {}).get("name", ""))


@require_safe
@needs(SEE)
def template_list(request: SignedInRequest) -> HttpResponse:
    """Every template."""
    rows = UpdateTemplate.objects.visible_to(request.user).usable()
    extra = {
        "tabs": talk_tabs("incidents:update_templates"),
        "may_change": request.user.has_perm(CHANGE),
    }
    return lists.list_response(
        request,
        TEMPLATES,
        rows,
        at=timezone.now(),
        template="incidents/update_templates.html",
        extra=extra,
    )


@require_POST
@needs(CHANGE)
def templates_load(request: SignedInRequest) -> HttpResponse:
    """Take in the words that come with the portal."""
    taken = load_ready_templates(actor=request.user, at=timezone.now())
    messages.success(request, gettext("%(count)d templates were added.") % {"count": len(taken)})
    return redirect("incidents:update_templates")


@require_http_methods(FORM)
@needs(CHANGE)
def template_add(request: SignedInRequest) -> HttpResponse:
    """Write a template."""
    return _template_editor(request, None)


@require_http_methods(FORM)
@needs(CHANGE)
def template_edit(request: SignedInRequest, code: str) -> HttpResponse:
    """Change a template."""
    rows = UpdateTemplate.objects.visible_to(request.user).usable()
    return _template_editor(request, get_object_or_404(rows, code=code))


@require_POST
@needs(CHANGE)
def template_retire(request: SignedInRequest, code: str) -> HttpResponse:
    """Put a template away."""
    row = get_object_or_404(UpdateTemplate.objects.visible_to(request.user), code=code)
    attempt(request, lambda: retire_template(template=row, actor=request.user, at=timezone.now()))
    return redirect("incidents:update_templates")


@require_safe
@needs(SEE)
def audiences(request: SignedInRequest) -> HttpResponse:
    """How often each audience hears from us, and whose word it takes."""
    context = {"rules": all_rules(), "tabs": talk_tabs("incidents:audiences")}
    return render_page(request, "incidents/audiences.html", context)


@require_http_methods(FORM)
@needs(CHANGE)
def audience_edit(request: SignedInRequest, audience: str) -> HttpResponse:
    """Change the rule of an audience."""
    known = audience if audience in Audience.values else Audience.USERS
    rule = rule_for(known)
    names = ("cadence", "remind_before", "approver", "needs_second")
    form = AudienceForm(request.POST or None, initial={name: getattr(rule, name) for name in names})

    def run(facts: dict[str, Any]) -> str:
        set_audience_rule(audience=known, **facts, actor=request.user, at=timezone.now())
        return reverse("incidents:audiences")

    return form_door(
        request,
        form,
        run=run,
        title=gettext("Updates for: %(audience)s") % {"audience": rule.label},
        submit=gettext("Save"),
        cancel_url=reverse("incidents:audiences"),
    )


@require_safe
@needs(SEE)
def component_list(request: SignedInRequest) -> HttpResponse:
    """What the status page lists."""
    rows = StatusComponent.objects.visible_to(request.user).filter(retired_at=None)
    buttons = [
        {"url": reverse("incidents:status"), "label": gettext("Public page")},
        {"url": reverse("incidents:status_inside"), "label": gettext("Page for people inside")},
    ]
    if request.user.has_perm(CHANGE):
        url = reverse("incidents:status_component_add")
        buttons.append({"url": url, "label": gettext("Add a service"), "primary": "yes"})
    extra = {"tabs": talk_tabs("incidents:status_components"), "title_buttons": buttons}
    return lists.list_response(
        request, COMPONENTS, rows.select_related("asset"), at=timezone.now(), extra=extra
    )


@require_http_methods(FORM)
@needs(CHANGE)
def component_add(request: SignedInRequest) -> HttpResponse:
    """Put a service on the page."""
    return _component_editor(request, None)


@require_http_methods(FORM)
@needs(CHANGE)
def component_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change a line."""
    rows = StatusComponent.objects.visible_to(request.user).filter(retired_at=None)
    return _component_editor(request, get_object_or_404(rows, pk=pk))


@require_POST
@needs(CHANGE)
def component_retire(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take a line off the page."""
    row = get_object_or_404(StatusComponent.objects.visible_to(request.user), pk=pk)
    attempt(request, lambda: retire_component(component=row, actor=request.user, at=timezone.now()))
    return redirect("incidents:status_components")


def _template_editor(request: SignedInRequest, row: UpdateTemplate | None) -> HttpResponse:
    said = row.translations.get("id", {}) if row else {}
    initial = (
        {
            "audience": row.audience,
            "name": row.name,
            "text": row.text,
            "name_id": said.get("name", ""),
            "text_id": said.get("text", ""),
        }
        if row
        else {}
    )

    def run(facts: dict[str, Any]) -> str:
        code = facts.pop("code", row.code if row else "")
        save_template(code=code, template=row, **facts, actor=request.user, at=timezone.now())
        return reverse("incidents:update_templates")

    retire = reverse("incidents:update_template_retire", args=[row.code]) if row else ""
    return form_door(
        request,
        TemplateForm(request.POST or None, initial=initial, is_new=row is None),
        run=run,
        title=row.said("name") if row else gettext("Write a template"),
        submit=gettext("Save"),
        cancel_url=reverse("incidents:update_templates"),
        template="incidents/talk_form.html",
        extra={"placeholders": PLACEHOLDERS.items(), "retire_url": retire},
    )


def _component_editor(request: SignedInRequest, row: StatusComponent | None) -> HttpResponse:
    names = ("name", "asset", "is_public", "position")
    initial = {name: getattr(row, name) for name in names} if row else {}
    if row:
        initial["name_id"] = _indonesian(row)

    def run(facts: dict[str, Any]) -> str:
        save_component(component=row, **facts, actor=request.user, at=timezone.now())
        return reverse("incidents:status_components")

    retire = reverse("incidents:status_component_retire", args=[row.pk]) if row else ""
    return form_door(
        request,
        ComponentForm(request.POST or None, initial=initial, user=request.user),
        run=run,
        title=row.said("name") if row else gettext("Add a service"),
        submit=gettext("Save"),
        cancel_url=reverse("incidents:status_components"),
        template="incidents/talk_form.html",
        extra={"retire_url": retire},
    )
