"""Doors around a version: begun, imported, exported, previewed, compared, approved, sent back."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bcp_portal.shared.doors import form_door
from bcp_portal.shared.errors import DomainError
from bcp_portal.shared.pages import SignedInRequest, attempt, needs, render_page
from incidents.forms.incident import ReasonForm
from incidents.forms.playbook import ImportForm, NewPlaybookForm
from incidents.models import IncidentKind, PhaseKind, Playbook, PlaybookVersion, Severity
from incidents.playbooks.edit import with_keys
from incidents.playbooks.formats import read_file
from incidents.playbooks.plan import PhasePlan, PlaybookPlan
from incidents.playbooks.preview import preview_run
from incidents.playbooks.write import write_cacao, write_json, write_markdown
from incidents.selectors.playbook import plan_of
from incidents.selectors.playbook_draft import compare_page
from incidents.services.playbook import import_playbook, withdraw_version
from incidents.services.playbook_draft import new_playbook, send_back, submit_draft

SEE = "incidents.view_playbook"
ADD = "incidents.add_playbook"
CHANGE = "incidents.change_playbook"
APPROVE = "incidents.publish_playbook"
FORM = ("GET", "HEAD", "POST")
LARGEST = 2 * 1024 * 1024


def find_version(request: SignedInRequest, code: str, number: int) -> PlaybookVersion:
    """One version of a playbook that the person may see."""
    versions = PlaybookVersion.objects.select_related("playbook").filter(
        playbook__in=Playbook.objects.visible_to(request.user)
    )
    return get_object_or_404(versions, playbook__code=code, number=number)


@require_http_methods(FORM)
@needs(ADD)
def playbook_add(request: SignedInRequest) -> HttpResponse:
    """Begin a playbook with the four phases that every plan goes through."""

    def run(facts: dict[str, Any]) -> str:
        kinds = [kind for kind in PhaseKind if kind is not PhaseKind.ERADICATION]
        phases = tuple(PhasePlan(kind.value, str(kind.label), ()) for kind in kinds)
        new_playbook(
            plan=PlaybookPlan(**facts, phases=phases),
            business_owner=None,
            actor=request.user,
            at=timezone.now(),
        )
        return reverse("incidents:playbook_edit", args=[facts["code"]])

    return form_door(
        request,
        NewPlaybookForm(request.POST or None),
        run=run,
        title=_("Write a playbook"),
        submit=_("Begin"),
        cancel_url=reverse("incidents:playbooks"),
    )


@require_http_methods(FORM)
@needs(ADD)
def playbook_import(request: SignedInRequest) -> HttpResponse:
    """Take in a file: first a report of what was understood, then the draft."""
    form = ImportForm(request.POST or None, request.FILES or None)
    plan = None
    if request.method == "POST" and form.is_valid():
        try:
            plan = _read(form)
            if "keep" in request.POST:
                import_playbook(plan=with_keys(plan), actor=request.user, at=timezone.now())
                return redirect("incidents:playbook_edit", code=plan.code)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
            plan = None
    context = {"form": form, "plan": plan}
    wrong = bool(form.errors)
    return render_page(
        request, "incidents/playbook_import.html", context, status=422 if wrong else 200
    )


@require_safe
@needs(SEE)
def playbook_export(request: SignedInRequest, code: str, number: int, kind: str) -> HttpResponse:
    """A version as a file."""
    version = find_version(request, code, number)
    plan = with_keys(plan_of(version))
    if kind == "md":
        body, media = write_markdown(plan), "text/markdown"
    elif kind == "cacao.json":
        moment = version.published_at or version.created_at
        body, media = write_cacao(plan, at=moment), "application/json"
    elif kind == "json":
        body, media = write_json(plan), "application/json"
    else:
        raise Http404
    answer = HttpResponse(body, content_type=f"{media}; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{code}-v{number}.{kind}"'
    return answer


@require_safe
@needs(SEE)
def playbook_preview(request: SignedInRequest, code: str, number: int) -> HttpResponse:
    """How a run would go with the choices and facts of the address, every deadline used up."""
    version = find_version(request, code, number)
    ask = request.GET
    choices = {name[2:]: ask.get(name, "") for name in ask if name.startswith("c-")}
    severity, kind, sites = ask.get("severity", "2"), ask.get("kind", ""), ask.get("sites", "")
    facts: dict[str, Any] = {
        "severity": int(severity) if severity in ("1", "2", "3", "4") else 2,
        "exercise": "no",
    }
    if kind in IncidentKind.values:
        facts["kind"] = kind
    if sites.isdigit() and len(sites) < 6:
        facts["sites"] = int(sites)
    preview = preview_run(with_keys(plan_of(version)), facts=facts, choices=choices)
    context = {
        "version": version,
        "preview": preview,
        "facts": facts,
        "severities": Severity.choices,
        "kinds": IncidentKind.choices,
    }
    return render_page(request, "incidents/playbook_preview.html", context)


@require_safe
@needs(SEE)
def playbook_compare(request: SignedInRequest, code: str) -> HttpResponse:
    """What differs between two versions."""
    playbook = get_object_or_404(Playbook.objects.visible_to(request.user).for_list(), code=code)
    page = compare_page(playbook, old=request.GET.get("old", ""), new=request.GET.get("new", ""))
    if page is None:
        messages.info(request, _("There is only one version, so there is nothing to compare."))
        return redirect("incidents:playbook", code=code)
    return render_page(request, "incidents/playbook_compare.html", {"page": page})


@require_POST
@needs(CHANGE)
def playbook_submit(request: SignedInRequest, code: str, number: int) -> HttpResponse:
    """Hand a draft in for approval."""
    version = find_version(request, code, number)
    done = attempt(
        request,
        lambda: submit_draft(
            version=version,
            actor=request.user,
            at=timezone.now(),
            change_note=request.POST.get("change_note", ""),
        ),
        _("Handed in. Whoever may approve it has been told."),
    )
    if done:
        return redirect("incidents:playbook", code=code)
    return redirect("incidents:playbook_edit", code=code)


@require_http_methods(FORM)
@needs(APPROVE)
def playbook_send_back(request: SignedInRequest, code: str, number: int) -> HttpResponse:
    """Do not approve a draft, and say what has to change."""
    version = find_version(request, code, number)

    def run(facts: dict[str, Any]) -> str:
        send_back(version=version, **facts, actor=request.user, at=timezone.now())
        return reverse("incidents:playbook", args=[code])

    return _reason_door(request, version, run, _("Send back"), _("Send %(version)s back"))


@require_http_methods(FORM)
@needs(APPROVE)
def playbook_withdraw(request: SignedInRequest, code: str, number: int) -> HttpResponse:
    """Take a version out of use; runs that copied it go on."""
    version = find_version(request, code, number)

    def run(facts: dict[str, Any]) -> str:
        withdraw_version(version=version, **facts, actor=request.user, at=timezone.now())
        return reverse("incidents:playbook", args=[code])

    return _reason_door(request, version, run, _("Withdraw"), _("Withdraw %(version)s"))


def _reason_door(
    request: SignedInRequest, version: PlaybookVersion, run: Any, submit: str, title: str
) -> HttpResponse:
    return form_door(
        request,
        ReasonForm(request.POST or None),
        run=run,
        title=title % {"version": version.code},
        submit=submit,
        cancel_url=reverse("incidents:playbook", args=[version.playbook.code]),
    )


def _read(form: ImportForm) -> PlaybookPlan:
    file = form.cleaned_data["file"]
    if file.size > LARGEST:
        raise DomainError(_("The file is larger than 2 MB."))
    try:
        text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DomainError(
            _("The file is not UTF-8 text (byte %(place)d).") % {"place": error.start}
        ) from error
    return read_file(text, name=file.name, code=form.cleaned_data["code"])
