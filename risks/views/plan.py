"""Continuity plans: list, page, drafts, approval by another, paper in both languages."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assets.models import Asset
from assets.views.doors import form_door
from bcp_portal.reports.services.report_file import request_report
from bcp_portal.shared import lists
from bcp_portal.shared.pages import SignedInRequest, attempt, needs, render_page
from risks.forms import NoteForm
from risks.forms.plan import DraftForm, PlanForm
from risks.models import Plan, PlanKind
from risks.plan_sections import LANGUAGES
from risks.selectors.plans import plan_page
from risks.services.plan import (
    approve_draft,
    edit_plan,
    retire_plan,
    return_draft,
    save_draft,
    submit_draft,
    write_plan,
)
from risks.views.risk import FORM

PLANS = lists.ListSpec(
    name="risks.plans",
    title=gettext_lazy("Plans"),
    lead=gettext_lazy(
        "What we do when it happens: traffic, people, data and service, by scenario."
    ),
    columns=(
        lists.code("code", gettext_lazy("Code"), url="risks:plan", args=("code",)),
        lists.text("title", gettext_lazy("Title"), value=lambda row: row.said_title, sort=True),
        lists.text(
            "kind", gettext_lazy("Kind"), value=lambda row: row.get_kind_display(), sort=True
        ),
        lists.number(
            "version",
            gettext_lazy("Version in force"),
            value=lambda row: row.current and row.current.number,
        ),
        lists.person(
            "approved_by",
            gettext_lazy("Approved by"),
            value=lambda row: row.current and row.current.approved_by,
        ),
        lists.when("review_on", gettext_lazy("Next review"), sort=True),
        lists.person("owner", gettext_lazy("Owner"), sort="owner__first_name"),
    ),
    filters=(
        lists.choice("kind", gettext_lazy("Kind"), choices=PlanKind.choices),
        lists.yes_no(
            "approved",
            gettext_lazy("Approved"),
            apply=lambda rows, yes, ask: rows.filter(current__isnull=not yes),
        ),
        lists.yes_no(
            "retired",
            gettext_lazy("Retired"),
            apply=lambda rows, yes, ask: rows.filter(retired_at__isnull=not yes),
        ),
        lists.dates("review_on", gettext_lazy("Next review")),
    ),
    search=("code", "title", "title_id", "scenario", "scenario_id"),
    default_sort="code",
    default_filters={"retired": ("no",)},
    empty_title=gettext_lazy("No plans yet"),
    empty_text=gettext_lazy("A plan says how traffic moves, who is told, and how service returns."),
    empty_url="risks:plan_add",
    empty_label=gettext_lazy("Write a plan"),
)


@require_safe
@needs("risks.view_plan")
def plan_list(request: SignedInRequest) -> HttpResponse:
    """The plans and which version of each is in force."""
    rows = Plan.objects.visible_to(request.user).for_list()
    buttons = (
        [{"label": _("Write a plan"), "url": reverse("risks:plan_add"), "primary": True}]
        if request.user.has_perm("risks.run_plan")
        else []
    )
    return lists.list_response(
        request, PLANS, rows, at=timezone.now(), extra={"title_buttons": buttons}
    )


def _find(request: SignedInRequest, code: str) -> Plan:
    return get_object_or_404(Plan.objects.visible_to(request.user).for_list(), code=code)


def _page_of(code: str) -> str:
    return reverse("risks:plan", args=[code])


@require_safe
@needs("risks.view_plan")
def plan_detail(request: SignedInRequest, code: str) -> HttpResponse:
    """A plan as it is in force, or one of its versions."""
    asked = request.GET.get("version", "")
    number = int(asked) if asked.isdecimal() and len(asked) < 9 else None
    page = plan_page(_find(request, code), user=request.user, number=number)
    return render_page(request, "risks/plan_detail.html", {"page": page})


@require_http_methods(FORM)
@needs("risks.run_plan")
def plan_add(request: SignedInRequest) -> HttpResponse:
    """Begin a plan."""

    def run(facts: dict[str, Any]) -> str:
        assets, playbooks = facts.pop("assets"), facts.pop("playbooks")
        made = write_plan(
            facts=facts,
            assets=assets,
            playbooks=playbooks,
            actor=request.user,
            at=timezone.now(),
        )
        return reverse("risks:plan_draft", args=[made.code])

    return form_door(
        request,
        PlanForm(request.POST or None, user=request.user, initial={"owner": request.user.pk}),
        run=run,
        title=_("Write a plan"),
        submit=_("Begin"),
        cancel_url=reverse("risks:plans"),
    )


@require_http_methods(FORM)
@needs("risks.run_plan")
def plan_edit(request: SignedInRequest, code: str) -> HttpResponse:
    """Correct what a plan is about."""
    plan = _find(request, code)

    def run(facts: dict[str, Any]) -> str:
        # Assets that this person may not see stay named.
        seen = Asset.objects.visible_to(request.user).values("pk")
        assets = [*facts.pop("assets"), *plan.assets.exclude(pk__in=seen)]
        playbooks = list(facts.pop("playbooks"))
        edit_plan(
            plan=plan,
            facts=facts,
            assets=assets,
            playbooks=playbooks,
            actor=request.user,
            at=timezone.now(),
        )
        return _page_of(code)

    return form_door(
        request,
        PlanForm(request.POST or None, user=request.user, instance=_find(request, code)),
        run=run,
        title=_("Edit %(code)s") % {"code": code},
        submit=_("Save"),
        cancel_url=_page_of(code),
    )


@require_http_methods(FORM)
@needs("risks.run_plan")
def plan_draft(request: SignedInRequest, code: str) -> HttpResponse:
    """Write the next version, section by section, in both languages."""
    plan = _find(request, code)
    newest = plan.versions.order_by("-number").first()
    form = DraftForm(
        request.POST or None, version=newest, initial={"seen": newest.edits if newest else None}
    )

    def run(facts: dict[str, Any]) -> str:
        save_draft(
            plan=plan,
            texts=form.texts(),
            change_note=facts["change_note"],
            expected=facts["seen"],
            actor=request.user,
            at=timezone.now(),
        )
        return _page_of(code)

    return form_door(
        request,
        form,
        run=run,
        title=_("The text of %(code)s") % {"code": code},
        submit=_("Save the draft"),
        cancel_url=_page_of(code),
    )


@require_POST
@needs("risks.run_plan")
def plan_submit(request: SignedInRequest, code: str) -> HttpResponse:
    """Ask for approval."""
    plan = _find(request, code)
    attempt(
        request,
        lambda: submit_draft(plan=plan, actor=request.user, at=timezone.now()),
        _("Somebody else approves it now."),
    )
    return redirect(_page_of(code))


@require_POST
@needs("risks.approve_plan")
def plan_approve(request: SignedInRequest, code: str) -> HttpResponse:
    """Put a version into force."""
    plan = _find(request, code)
    attempt(
        request,
        lambda: approve_draft(plan=plan, actor=request.user, at=timezone.now()),
        _("Approved."),
    )
    return redirect(_page_of(code))


def _with_reason(
    request: SignedInRequest, code: str, verb: Any, title: str, submit: str
) -> HttpResponse:
    plan = _find(request, code)

    def run(facts: dict[str, Any]) -> str:
        verb(plan=plan, reason=facts["reason"], actor=request.user, at=timezone.now())
        return _page_of(code)

    return form_door(
        request,
        NoteForm(request.POST or None),
        run=run,
        title=title % {"code": code},
        submit=submit,
        cancel_url=_page_of(code),
    )


@require_http_methods(FORM)
@needs("risks.approve_plan")
def plan_return(request: SignedInRequest, code: str) -> HttpResponse:
    """Give a version back to its writer."""
    return _with_reason(
        request, code, return_draft, _("Why does %(code)s go back?"), _("Give back")
    )


@require_http_methods(FORM)
@needs("risks.run_plan")
def plan_retire(request: SignedInRequest, code: str) -> HttpResponse:
    """Say that a plan holds no more."""
    return _with_reason(request, code, retire_plan, _("Retire %(code)s"), _("Retire"))


@require_POST
@needs("risks.view_plan")
def plan_report(request: SignedInRequest, code: str) -> HttpResponse:
    """Ask for a version on paper, in either language."""
    plan = _find(request, code)
    asked = request.POST.get("version", "")
    number = int(asked) if asked.isdecimal() and len(asked) < 9 else None
    version = plan_page(plan, user=request.user, number=number).shown
    visible = Asset.objects.visible_to(request.user).values("pk")
    if version is None or plan.assets.exclude(pk__in=visible).exists():
        # The paper names every asset of the plan.
        messages.error(request, _("Only who sees all assets of a plan can have it on paper."))
        return redirect(_page_of(code))
    language = request.POST.get("language", "")
    report = request_report(
        kind="plan",
        title=plan.title,
        subject_kind="plan",
        subject_id=version.pk,
        subject_code=f"{plan.code}-v{version.number}",
        language=language if language in LANGUAGES else "en",
        actor=request.user,
        at=timezone.now(),
    )
    return redirect("reports:detail", uid=report.uid)
