"""Doors of updates: what was said, what waits for a word, and writing the next one."""

from datetime import timedelta
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
from bcp_portal.shared.errors import DomainError
from bcp_portal.shared.pages import SignedInRequest, attempt, needs, render_page
from incidents.forms.communication import TellForm
from incidents.forms.incident import ReasonForm
from incidents.models import Audience, Incident, StatusUpdate, UpdateDraft
from incidents.placeholders import PLACEHOLDERS
from incidents.selectors.communication import (
    INSIDE,
    filled,
    goes_out_at_once,
    rule_for,
    templates_for,
    waiting_drafts,
)
from incidents.services.update_draft import (
    approve_draft,
    refuse_draft,
    tell_audience,
    withdraw_draft,
)
from incidents.tone import ToneHint, tone_hints

TELL = "incidents.publish_update"
SEE = "incidents.view_statusupdate"
FORM = ("GET", "HEAD", "POST")
STATES = (
    ("waiting", _("Waiting")),
    ("overdue", _("Overdue")),
    ("kept", _("Kept")),
    ("late", _("Late")),
    ("ended", _("Ended with the incident")),
    ("none", _("Nothing promised")),
)


def _state(row: StatusUpdate) -> str:
    return row.promise_state(timezone.now())


def _state_words(row: StatusUpdate) -> str:
    return str(dict(STATES)[_state(row)])


UPDATES = lists.ListSpec(
    name="incidents.updates",
    title=_("Updates"),
    lead=_("What was said to whom, and whether the next word came when it was promised."),
    columns=(
        lists.when("published_at", _("Sent"), sort=True, fixed=True),
        lists.code(
            "incident.code",
            _("Incident"),
            url="incidents:detail",
            args=("incident.code",),
            sort="incident__number",
        ),
        lists.text("audience", _("For"), value=lambda row: row.get_audience_display(), sort=True),
        lists.text("text", _("Words"), value=lambda row: row.said("text"), max_chars=200),
        lists.person("published_by", _("By")),
        lists.when("next_promised_at", _("Next promised"), sort=True),
        lists.when("followed_at", _("Next sent"), sort=True),
        lists.template(
            "promise",
            _("Promise"),
            template="incidents/_promise.html",
            value=_state_words,
        ),
    ),
    filters=(
        lists.choice("audience", _("For"), choices=Audience.choices),
        lists.yes_no(
            "waiting",
            _("Promise open"),
            apply=lambda rows, yes, ask: (
                rows.outstanding()
                if yes
                else rows.exclude(pk__in=StatusUpdate.objects.outstanding())
            ),
        ),
        lists.dates("published_at", _("Sent")),
    ),
    search=("text", "incident__code", "incident__title"),
    default_sort="-published_at",
    empty_title=_("Nothing has been said yet"),
    empty_text=_("Updates are written on the page of an incident and listed here."),
)


def talk_tabs(active: str) -> list[dict[str, Any]]:
    """The pages about speaking."""
    pages = (
        ("incidents:updates", gettext("Updates")),
        ("incidents:update_templates", gettext("Templates")),
        ("incidents:audiences", gettext("Audiences")),
        ("incidents:reporting_rules", gettext("Duties to tell")),
        ("incidents:status_components", gettext("Status page")),
    )
    return [
        {"label": label, "url": reverse(name), "active": name == active} for name, label in pages
    ]


@require_safe
@needs(SEE)
def update_list(request: SignedInRequest) -> HttpResponse:
    """What waits for a word, and everything that was said."""
    at = timezone.now()
    rows = StatusUpdate.objects.visible_to(request.user).for_list()
    extra = {"tabs": talk_tabs("incidents:updates"), "drafts": waiting_drafts(request.user, at=at)}
    return lists.list_response(
        request, UPDATES, rows, at=at, template="incidents/updates.html", extra=extra
    )


@require_http_methods(FORM)
@needs(TELL)
def update(request: SignedInRequest, code: str) -> HttpResponse:
    """Write an update: a template, both languages, hints, and what it will look like."""
    incident = get_object_or_404(Incident.objects.visible_to(request.user), code=code)
    audience = _audience(request)
    form = TellForm(request.POST or None, initial=_initial(request, audience))
    only_look = "look" in request.POST
    if form.is_valid() and not only_look and _tell(request, incident, form):
        return redirect("incidents:detail", code=code)
    rule = rule_for(audience)
    context = {
        "incident": incident,
        "form": form,
        "rule": rule,
        "audiences": Audience.choices,
        "templates": templates_for(audience),
        "at_once": goes_out_at_once(request.user, incident, rule),
        "placeholders": PLACEHOLDERS.items(),
        "preview": _preview(incident, form) if only_look else {},
        "hints": _hints(form, audience) if only_look else [],
        "looked": only_look,
    }
    wrong = bool(request.POST) and not only_look
    return render_page(
        request, "incidents/update_write.html", context, status=422 if wrong else 200
    )


@require_POST
@needs(SEE)
def draft_approve(request: SignedInRequest, pk: int) -> HttpResponse:
    """Let a draft out."""
    draft = _draft(request, pk)
    attempt(
        request,
        lambda: approve_draft(draft=draft, actor=request.user, at=timezone.now()),
        gettext("It has gone out."),
    )
    return redirect("incidents:updates")


@require_http_methods(FORM)
@needs(SEE)
def draft_refuse(request: SignedInRequest, pk: int) -> HttpResponse:
    """Send a draft back."""
    draft = _draft(request, pk)

    def run(facts: dict[str, Any]) -> str:
        refuse_draft(draft=draft, actor=request.user, at=timezone.now(), **facts)
        return reverse("incidents:updates")

    return form_door(
        request,
        ReasonForm(request.POST or None),
        run=run,
        title=gettext("Send the update back"),
        submit=gettext("Send back"),
        cancel_url=reverse("incidents:updates"),
    )


@require_POST
@needs(SEE)
def draft_withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take one's own draft back."""
    draft = _draft(request, pk)
    attempt(request, lambda: withdraw_draft(draft=draft, actor=request.user, at=timezone.now()))
    return redirect("incidents:updates")


def _draft(request: SignedInRequest, pk: int) -> UpdateDraft:
    return get_object_or_404(UpdateDraft.objects.visible_to(request.user).for_list(), pk=pk)


def _audience(request: SignedInRequest) -> str:
    asked = request.POST.get("audience") or request.GET.get("audience") or Audience.USERS
    return asked if asked in Audience.values else Audience.USERS


def _initial(request: SignedInRequest, audience: str) -> dict[str, Any]:
    facts: dict[str, Any] = {"audience": audience, "next_in": rule_for(audience).cadence}
    wanted = request.GET.get("template", "")
    chosen = next((row for row in templates_for(audience) if row.code == wanted), None)
    if chosen is not None:
        facts |= {"text": chosen.text, "text_id": chosen.translations.get("id", {}).get("text", "")}
    elif request.GET.get("text"):
        facts["text"] = request.GET["text"][:4000]
    return facts


def _tell(request: SignedInRequest, incident: Incident, form: TellForm) -> bool:
    said = dict(form.cleaned_data)
    indonesian = said.pop("text_id").strip()
    try:
        result = tell_audience(
            incident=incident,
            translations={"id": {"text": indonesian}} if indonesian else {},
            actor=request.user,
            at=timezone.now(),
            **said,
        )
    except DomainError as refusal:
        form.add_error(None, str(refusal))
        return False
    if isinstance(result, UpdateDraft):
        messages.info(request, gettext("It waits for approval and goes out then."))
    else:
        messages.success(request, gettext("It has gone out."))
    return True


def _said(form: TellForm) -> tuple[str, str, timedelta | None]:
    facts = getattr(form, "cleaned_data", {})
    return facts.get("text", ""), facts.get("text_id", ""), facts.get("next_in")


def _preview(incident: Incident, form: TellForm) -> dict[str, str]:
    text, indonesian, next_in = _said(form)
    at = timezone.now()
    texts = {"en": text, "id": indonesian} if indonesian else {"": text}
    return filled(texts, incident, at=at, next_at=at + next_in if next_in else None)


def _hints(form: TellForm, audience: str) -> list[ToneHint]:
    text, indonesian, next_in = _said(form)
    return tone_hints(
        f"{text}\n{indonesian}", is_outside=audience not in INSIDE, has_next=bool(next_in)
    )
