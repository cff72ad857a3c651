"""The catalogue of controls."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assets.selectors.history import history_of
from assets.views.doors import form_door
from bcp_portal.shared import lists
from bcp_portal.shared.pages import SignedInRequest, attempt, needs, render_page
from risks.basic_controls import BASIC_CONTROLS
from risks.forms import ControlForm, ControlTestForm, NoteForm
from risks.models import Control, ControlKind, ControlNature, ControlTest, Effectiveness, Risk
from risks.services.control import (
    edit_control,
    introduce_control,
    record_control_test,
    take_over_basic_controls,
    withdraw_control,
)
from risks.views.discussion import as_download
from risks.views.risk import FORM

CONTROLS = lists.ListSpec(
    name="risks.controls",
    title=gettext_lazy("Controls"),
    lead=gettext_lazy("Measures in place, when they were last tested, and what that showed."),
    columns=(
        lists.code("code", gettext_lazy("Code"), url="risks:control", args=("code",)),
        lists.text("name", gettext_lazy("Name"), sort=True),
        lists.text(
            "kind", gettext_lazy("Kind"), value=lambda row: row.get_kind_display(), sort=True
        ),
        lists.text(
            "nature", gettext_lazy("Nature"), value=lambda row: row.get_nature_display(), sort=True
        ),
        lists.badge("design", gettext_lazy("Design"), sort=True),
        lists.badge("effectiveness", gettext_lazy("Effectiveness"), sort=True),
        lists.when("tested_on", gettext_lazy("Tested on"), sort=True),
        lists.number("risk_count", gettext_lazy("Risks"), sort=True),
        lists.person("owner", gettext_lazy("Owner"), sort="owner__first_name"),
        lists.when("withdrawn_on", gettext_lazy("Withdrawn on"), sort=True, shown=False),
    ),
    filters=(
        lists.choice("kind", gettext_lazy("Kind"), choices=ControlKind.choices),
        lists.choice("nature", gettext_lazy("Nature"), choices=ControlNature.choices),
        lists.choice("design", gettext_lazy("Design"), choices=Effectiveness.choices),
        lists.choice("effectiveness", gettext_lazy("Effectiveness"), choices=Effectiveness.choices),
        lists.yes_no(
            "withdrawn",
            gettext_lazy("Withdrawn"),
            apply=lambda rows, yes, ask: rows.filter(withdrawn_on__isnull=not yes),
        ),
    ),
    search=("code", "name"),
    default_sort="code",
    default_filters={"withdrawn": ("no",)},
    empty_title=gettext_lazy("No controls yet"),
    empty_text=gettext_lazy("Encryption, backups, training: what makes a risk smaller."),
    empty_url="risks:control_add",
    empty_label=gettext_lazy("Introduce a control"),
)


@require_safe
@needs("risks.view_control")
def control_list(request: SignedInRequest) -> HttpResponse:
    """The measures in place."""
    rows = Control.objects.visible_to(request.user).for_list()
    buttons = (
        [{"label": _("Introduce a control"), "url": reverse("risks:control_add"), "primary": True}]
        if request.user.has_perm("risks.run_control")
        else []
    )
    known = set(rows.values_list("code", flat=True))
    missing = [one for one in BASIC_CONTROLS if one.code not in known]
    extra = {"title_buttons": buttons, "basic": missing if buttons else []}
    return lists.list_response(
        request, CONTROLS, rows, at=timezone.now(), extra=extra, template="risks/controls.html"
    )


def _find(request: SignedInRequest, code: str) -> Control:
    visible = Control.objects.visible_to(request.user).select_related("owner")
    return get_object_or_404(visible, code=code)


@require_safe
@needs("risks.view_control")
def control_detail(request: SignedInRequest, code: str) -> HttpResponse:
    """A control, the risks it holds down, and its history."""
    control = _find(request, code)
    risks = Risk.objects.visible_to(request.user).filter(risk_controls__control=control)
    context = {
        "control": control,
        "risks": list(risks.in_force().order_by("code")),
        "tests": list(
            control.tests.select_related("tested_by").defer("content").order_by("-tested_on", "-pk")
        ),
        "history": history_of(control),
    }
    return render_page(request, "risks/control_detail.html", context)


@require_http_methods(FORM)
@needs("risks.run_control")
def control_add(request: SignedInRequest) -> HttpResponse:
    """Put a measure into the catalogue."""

    def run(facts: dict[str, Any]) -> str:
        control = introduce_control(facts=facts, actor=request.user, at=timezone.now())
        return reverse("risks:control", args=[control.code])

    return form_door(
        request,
        ControlForm(request.POST or None),
        run=run,
        title=_("Introduce a control"),
        submit=_("Introduce"),
        cancel_url=reverse("risks:controls"),
    )


@require_http_methods(FORM)
@needs("risks.run_control")
def control_edit(request: SignedInRequest, code: str) -> HttpResponse:
    """Correct what is said about a control."""
    control = _find(request, code)

    def run(facts: dict[str, Any]) -> str:
        edit_control(control=control, facts=facts, actor=request.user, at=timezone.now())
        return reverse("risks:control", args=[code])

    return form_door(
        request,
        ControlForm(request.POST or None, instance=control),
        run=run,
        title=_("Edit %(code)s") % {"code": code},
        submit=_("Save"),
        cancel_url=reverse("risks:control", args=[code]),
    )


@require_http_methods(FORM)
@needs("risks.run_control")
def control_test(request: SignedInRequest, code: str) -> HttpResponse:
    """Say what a test of the control showed."""
    control = _find(request, code)

    def run(facts: dict[str, Any]) -> str:
        sent: Any = facts.pop("proof")
        record_control_test(
            control=control,
            **facts,
            proof=(sent.name, sent.read()) if sent else None,
            actor=request.user,
            at=timezone.now(),
        )
        return reverse("risks:control", args=[code])

    return form_door(
        request,
        ControlTestForm(request.POST or None, request.FILES or None),
        run=run,
        title=_("Test of %(code)s") % {"code": code},
        submit=_("Record"),
        cancel_url=reverse("risks:control", args=[code]),
    )


@require_safe
@needs("risks.view_control")
def control_proof(request: SignedInRequest, pk: int) -> HttpResponse:
    """Hand the evidence of a test out as a download that no browser opens by itself."""
    tests = ControlTest.objects.visible_to(request.user).exclude(file_name="")
    test = get_object_or_404(tests, pk=pk)
    return as_download(
        name=test.file_name, kind=test.file_kind, content=test.content or b"", sha256=test.sha256
    )


@require_POST
@needs("risks.run_control")
def controls_basic(request: SignedInRequest) -> HttpResponse:
    """Take the basic list over, as far as it is not here yet."""
    attempt(
        request,
        lambda: take_over_basic_controls(actor=request.user, at=timezone.now()),
        _("The basic list is in the catalogue. Nobody has tested these controls yet."),
    )
    return redirect("risks:controls")


@require_http_methods(FORM)
@needs("risks.run_control")
def control_withdraw(request: SignedInRequest, code: str) -> HttpResponse:
    """Say that a measure is no longer in place."""
    control = _find(request, code)

    def run(facts: dict[str, Any]) -> str:
        withdraw_control(
            control=control, reason=facts["reason"], actor=request.user, at=timezone.now()
        )
        return reverse("risks:control", args=[code])

    return form_door(
        request,
        NoteForm(request.POST or None),
        run=run,
        title=_("Withdraw %(code)s") % {"code": code},
        submit=_("Withdraw"),
        cancel_url=reverse("risks:control", args=[code]),
    )
