"""The lists of the Command section: incidents, alerts, reviews and promises."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from bcp_portal.shared import lists
from bcp_portal.shared.pages import SignedInRequest, needs
from incidents.forms.incident import MuteForm
from incidents.models import (
    ActionItem,
    ActionItemStatus,
    Alert,
    AlertStatus,
    Incident,
    IncidentKind,
    IncidentStatus,
    Review,
    ReviewStatus,
    RunMode,
    Severity,
)
from incidents.services.action_item import finish_action_item, verify_action_item
from incidents.services.alert import acknowledge_alert, mute_alert, resolve_alert
from telemetry.wording import explain_sums

OPEN = ("declared", "responding", "contained", "recovered")

INCIDENTS = lists.ListSpec(
    name="incidents.list",
    title=_("Incidents"),
    columns=(
        lists.code("code", _("Code"), url="incidents:detail", args=("code",), sort="number"),
        lists.text("title", _("Title"), value=lambda row: row.headline, sort="title"),
        lists.template(
            "severity",
            _("Severity"),
            template="incidents/_severity.html",
            alike=True,
            value=lambda row: row.severity,
            sort="severity",
        ),
        lists.badge("status", _("Status"), sort=True),
        lists.text("kind", _("Kind"), value=lambda row: row.get_kind_display(), sort=True),
        lists.person("commander", _("Commander"), sort="commander__first_name"),
        lists.when("started_at", _("Began"), sort=True),
        lists.when("declared_at", _("Declared"), sort=True),
        lists.when("recovered_at", _("Recovered"), sort=True),
        lists.text("mode", _("Mode"), value=lambda row: row.get_mode_display(), shown=False),
    ),
    filters=(
        lists.choice("status", _("Status"), choices=IncidentStatus.choices),
        lists.choice("severity", _("Severity"), choices=Severity.choices),
        lists.choice("kind", _("Kind"), choices=IncidentKind.choices),
        lists.choice("mode", _("Mode"), choices=RunMode.choices),
        lists.dates("started_at", _("Began")),
    ),
    search=("code", "title", "summary"),
    default_sort="-code",
    default_filters={"status": OPEN},
    empty_title=_("No incidents yet"),
    empty_text=_("An alert that matters opens one by itself; people may declare one at any time."),
    empty_url="incidents:declare",
    empty_label=_("Declare an incident"),
)


def _mute(*, alert: Alert, actor: Any, at: Any, span: Any, reason: str = "") -> object:
    return mute_alert(alert=alert, until=at + span, actor=actor, at=at, reason=reason)


ALERTS = lists.ListSpec(
    name="incidents.alerts",
    title=_("Alerts"),
    columns=(
        lists.when("raised_at", _("Raised"), sort=True, fixed=True),
        lists.text("title", _("What"), value=str, max_chars=160),
        lists.template(
            "severity",
            _("Severity"),
            template="incidents/_severity.html",
            alike=True,
            value=lambda row: row.severity,
            sort="severity",
        ),
        lists.badge("status", _("Status"), sort=True),
        lists.text("site.code", _("Site"), sort="site__code"),
        lists.code(
            "incident.code",
            _("Incident"),
            url="incidents:detail",
            args=("incident.code",),
            sort="incident__number",
        ),
        lists.code(
            "silence.code",
            _("Silence"),
            url="incidents:silence",
            args=("silence.pk",),
            sort="silence__pk",
        ),
        lists.number("signal_count", _("Signals"), sort=True),
        lists.text(
            "sums",
            _("Sums"),
            value=lambda row: "; ".join(explain_sums(row.sums or {})),
            max_chars=160,
        ),
        lists.when("resolved_at", _("Resolved"), sort=True),
        lists.when("muted_until", _("Muted until"), sort=True, shown=False),
    ),
    filters=(
        lists.choice("status", _("Status"), choices=AlertStatus.choices),
        lists.choice("severity", _("Severity"), choices=Severity.choices),
        lists.choice("mode", _("Mode"), choices=RunMode.choices),
        lists.yes_no(
            "silenced",
            _("Silenced"),
            apply=lambda rows, yes, ask: rows.filter(silence__isnull=not yes),
        ),
        lists.dates("raised_at", _("Raised")),
    ),
    search=("title", "key", "site__code", "incident__code"),
    default_sort="-raised_at",
    default_filters={"status": ("open", "acknowledged", "muted")},
    bulk=(
        lists.BulkAction(
            "acknowledge",
            _("Acknowledge"),
            perm="incidents.handle_alert",
            run=acknowledge_alert,
            row="alert",
        ),
        lists.BulkAction(
            "mute", _("Mute"), perm="incidents.handle_alert", run=_mute, row="alert", form=MuteForm
        ),
        lists.BulkAction(
            "resolve",
            _("Resolve"),
            perm="incidents.handle_alert",
            run=resolve_alert,
            row="alert",
        ),
    ),
    bulk_url="incidents:alerts_bulk",
    empty_title=_("No alerts yet"),
    empty_text=_("What sites and other monitors report stands here, grouped by your rules."),
)

REVIEWS = lists.ListSpec(
    name="incidents.reviews",
    title=_("Reviews"),
    columns=(
        lists.code(
            "incident.code",
            _("Incident"),
            url="incidents:review",
            args=("incident.code",),
            sort="incident__number",
        ),
        lists.text("title", _("Title"), value=lambda row: row.incident.headline),
        lists.badge("status", _("Status"), sort=True),
        lists.person("owner", _("Owner"), sort="owner__first_name"),
        lists.when("due_at", _("Due"), sort=True),
        lists.when("signed_off_at", _("Signed off"), sort=True),
        lists.person("signed_off_by", _("By")),
    ),
    filters=(lists.choice("status", _("Status"), choices=ReviewStatus.choices),),
    search=("incident__code", "incident__title", "root_cause"),
    default_sort="-incident.code",
    empty_title=_("No reviews yet"),
    empty_text=_("Closing an incident opens one: what happened, why, and what is done about it."),
)

ACTIONS = lists.ListSpec(
    name="incidents.actions",
    title=_("Action items"),
    columns=(
        lists.text("text", _("What is to be done"), sort=True, fixed=True),
        lists.text("get_kind_display", _("What for")),
        lists.text("about_code", _("Changes")),
        lists.badge("status", _("Status"), sort=True),
        lists.person("owner", _("Owner"), sort="owner__first_name"),
        lists.when("due_on", _("By"), sort=True),
        lists.code(
            "incident.code",
            _("Incident"),
            url="incidents:detail",
            args=("incident.code",),
            sort="incident__number",
        ),
        lists.when("finished_at", _("Finished"), sort=True),
    ),
    filters=(
        lists.choice("status", _("Status"), choices=ActionItemStatus.choices),
        lists.dates("due_on", _("By")),
        lists.yes_no(
            "mine",
            _("Mine"),
            apply=lambda rows, yes, ask: (
                rows.filter(owner=ask.user) if yes else rows.exclude(owner=ask.user)
            ),
        ),
    ),
    search=("text", "incident__code", "about_code"),
    default_sort="due_on",
    default_filters={"status": ("open", "done")},
    bulk=(
        lists.BulkAction(
            "finish",
            _("Kept"),
            perm="incidents.handle_actionitem",
            run=finish_action_item,
            row="item",
        ),
        lists.BulkAction(
            "verify",
            _("Verified"),
            perm="incidents.handle_actionitem",
            run=verify_action_item,
            row="item",
        ),
    ),
    bulk_url="incidents:actions_bulk",
    empty_title=_("No action items yet"),
    empty_text=_("What a review promises stands here until somebody has verified it."),
)


@require_safe
@needs("incidents.view_incident")
def incident_list(request: SignedInRequest) -> HttpResponse:
    """Every incident, the open ones first."""
    rows = Incident.objects.visible_to(request.user).for_list()
    extra = {}
    if request.user.has_perm("incidents.declare_incident"):
        url = reverse("incidents:declare")
        extra = {"title_buttons": [{"url": url, "label": _("Declare an incident"), "icon": "plus"}]}
    return lists.list_response(request, INCIDENTS, rows, at=timezone.now(), extra=extra)


@require_safe
@needs("incidents.view_alert")
def alert_list(request: SignedInRequest) -> HttpResponse:
    """What machines claim, grouped."""
    rows = Alert.objects.visible_to(request.user).for_list()
    return lists.list_response(request, ALERTS, rows, at=timezone.now())


@require_POST
@needs("incidents.handle_alert")
def alert_bulk(request: SignedInRequest) -> HttpResponse:
    """What a selection of alerts is told."""
    rows = Alert.objects.visible_to(request.user).for_list()
    return lists.bulk_response(request, ALERTS, rows, at=timezone.now())


@require_safe
@needs("incidents.view_review")
def review_list(request: SignedInRequest) -> HttpResponse:
    """Every review."""
    rows = Review.objects.visible_to(request.user).for_list()
    return lists.list_response(request, REVIEWS, rows, at=timezone.now())


@require_safe
@needs("incidents.view_actionitem")
def action_list(request: SignedInRequest) -> HttpResponse:
    """Every promise."""
    rows = ActionItem.objects.visible_to(request.user).for_list()
    return lists.list_response(request, ACTIONS, rows, at=timezone.now())


@require_POST
@needs("incidents.handle_actionitem")
def action_bulk(request: SignedInRequest) -> HttpResponse:
    """What a selection of promises is told."""
    rows = ActionItem.objects.visible_to(request.user).for_list()
    return lists.bulk_response(request, ACTIONS, rows, at=timezone.now())
