"""Doors of silences: what is quiet, why, until when, and what it kept quiet."""

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
from bcp_portal.shared.pages import SignedInRequest, attempt, needs, render_page
from incidents.forms.silence import SilenceForm
from incidents.models import Alert, Silence, SilenceKind
from incidents.services.silence import add_silence, approve_silence, end_silence

SHOWN = 200


def _status(row: Silence) -> str:
    return str(row.status_at(timezone.now()).label)


SILENCES = lists.ListSpec(
    name="incidents.silences",
    title=_("Silences"),
    lead=_("Alerts that match call nobody until the end. They stay on the list of alerts."),
    columns=(
        lists.code("code", _("Code"), url="incidents:silence", args=("pk",), sort="pk"),
        lists.text("status", _("Status"), value=_status),
        lists.text("matches", _("What is quiet"), value=lambda row: row.matches),
        lists.text("reason", _("Reason"), sort=True),
        lists.text("kind", _("Why it is quiet"), value=lambda row: row.get_kind_display()),
        lists.when("starts_at", _("From"), sort=True),
        lists.when("ends_at", _("Until"), sort=True),
        lists.person("created_by", _("Who asked"), sort="created_by__first_name"),
        lists.number("alert_count", _("Alerts"), sort=True),
    ),
    filters=(
        lists.yes_no(
            "over",
            _("Over"),
            apply=lambda rows, yes, ask: rows.filter(ended_at__isnull=not yes),
        ),
        lists.choice("kind", _("Why it is quiet"), choices=SilenceKind.choices),
        lists.dates("ends_at", _("Until")),
    ),
    search=("reason", "words", "site__code", "asset__code"),
    default_sort="-code",
    default_filters={"over": ("no",)},
    empty_title=_("Nothing is silenced"),
    empty_text=_("A silence keeps alerts quiet for a while, with a reason and an end."),
    empty_url="incidents:silence_add",
    empty_label=_("Silence something"),
)


@require_safe
@needs("incidents.view_silence")
def silence_list(request: SignedInRequest) -> HttpResponse:
    """Every silence, those in force first."""
    rows = Silence.objects.visible_to(request.user).for_list()
    extra: dict[str, Any] = {}
    if request.user.has_perm("incidents.add_silence"):
        url = reverse("incidents:silence_add")
        button = {"url": url, "label": gettext("Silence something"), "primary": True}
        extra = {"title_buttons": [button]}
    return lists.list_response(request, SILENCES, rows, at=timezone.now(), extra=extra)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("incidents.add_silence")
def silence_add(request: SignedInRequest) -> HttpResponse:
    """Ask for a silence."""
    at = timezone.now()
    form = SilenceForm(request.POST or None, user=request.user)

    def run(facts: dict[str, Any]) -> str:
        ends_at = (facts["starts_at"] or at) + facts.pop("span")
        silence = add_silence(**facts, ends_at=ends_at, actor=request.user, at=at)
        return reverse("incidents:silence", args=[silence.pk])

    return form_door(
        request,
        form,
        run=run,
        title=gettext("Silence something"),
        submit=gettext("Silence"),
        cancel_url=reverse("incidents:silences"),
    )


def _find(request: SignedInRequest, pk: int) -> Silence:
    return get_object_or_404(Silence.objects.visible_to(request.user).for_list(), pk=pk)


@require_safe
@needs("incidents.view_silence")
def silence(request: SignedInRequest, pk: int) -> HttpResponse:
    """One silence and what it keeps quiet."""
    row = _find(request, pk)
    at = timezone.now()
    alerts = Alert.objects.visible_to(request.user).filter(silence=row).for_list()
    context = {
        "silence": row,
        "status": row.status_at(at),
        "alerts": alerts.order_by("-raised_at")[:SHOWN],
        "total": alerts.count(),
        "still": alerts.unresolved().count(),
        "may_approve": row.created_by_id != request.user.pk
        and request.user.has_perm("incidents.approve_silence"),
    }
    return render_page(request, "incidents/silence.html", context)


@require_POST
@needs("incidents.approve_silence")
def silence_approve(request: SignedInRequest, pk: int) -> HttpResponse:
    """Agree, as the second person."""
    row = _find(request, pk)
    attempt(request, lambda: approve_silence(silence=row, actor=request.user, at=timezone.now()))
    return redirect("incidents:silence", pk=pk)


@require_POST
@needs("incidents.add_silence")
def silence_end(request: SignedInRequest, pk: int) -> HttpResponse:
    """Let everything speak again."""
    row = _find(request, pk)
    attempt(request, lambda: end_silence(silence=row, actor=request.user, at=timezone.now()))
    return redirect("incidents:silence", pk=pk)
