"""The conflict desk: every case, what waits for whom, and decisions about many at once."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from bcp_portal.audit.verbs import record_access
from bcp_portal.shared import lists
from bcp_portal.shared.pages import SignedInRequest, needs
from telemetry.forms.conflicts import BulkDecideForm
from telemetry.models import ConflictCase, ConflictDecision, ConflictState
from telemetry.models.conflict_case import UNFINISHED, ConflictWhy
from telemetry.services.conflict_decision import decide_in_bulk, take_conflict


def _sites(case: ConflictCase) -> str:
    return ", ".join(place.site.code for place in case.places.all())


def _note_export(export: lists.Export) -> None:
    last = ConflictCase.objects.visible_to(export.user).order_by("-pk").first()
    if last is not None:
        record_access(
            action="conflict.export",
            obj=last,
            actor=export.user,
            at=export.at,
            reason=f"{export.rows} rows as {export.format}: {export.query}",
        )


def _mine(rows: Any, yes: bool, ask: lists.Ask) -> Any:
    return rows.filter(owner=ask.user) if yes else rows.exclude(owner=ask.user)


def _to_review(rows: Any, yes: bool, _ask: lists.Ask) -> Any:
    waiting = ConflictDecision.objects.to_review().values("case_id")
    return rows.filter(pk__in=waiting) if yes else rows.exclude(pk__in=waiting)


def _entities(ask: lists.Ask) -> list[tuple[str, str]]:
    rows = ConflictCase.objects.visible_to(ask.user).order_by("entity")
    return [(name, name) for name in rows.values_list("entity", flat=True).distinct()]


CONFLICTS = lists.ListSpec(
    name="telemetry.conflicts",
    title=_("Conflicts"),
    columns=(
        lists.code("code", _("Code"), url="telemetry:conflict", args=("code",)),
        lists.text("entity", _("Kind of record"), sort=True),
        lists.text("key", _("Record"), sort=True, max_chars=60),
        lists.badge("state", _("State"), sort=True),
        lists.badge("why", _("Why a person"), sort=True),
        lists.template(
            "due",
            _("Due"),
            template="telemetry/_conflict_due.html",
            value=lambda case: case.due_at if case.state in UNFINISHED[:2] else None,
            sort="due_at",
        ),
        lists.person("owner", _("Owner"), sort="owner__username"),
        lists.text("sites", _("Sites"), value=_sites),
        lists.number("version_count", _("Versions"), sort=True),
        lists.bool_("needs_second", _("Two people"), sort=True),
        lists.when("detected_at", _("Detected"), sort=True),
        lists.number("escalations", _("Escalated"), sort=True, shown=False),
        lists.when("settled_at", _("Settled"), sort=True, shown=False),
        lists.bool_("is_critical", _("Critical"), sort=True, shown=False),
    ),
    filters=(
        lists.choice("state", _("State"), choices=ConflictState.choices),
        lists.choice("why", _("Why a person"), choices=ConflictWhy.choices),
        lists.yes_no(
            "overdue", _("Overdue"), apply=lambda rows, yes, ask: rows.overdue(ask.at, yes)
        ),
        lists.yes_no("mine", _("Mine"), apply=_mine),
        lists.yes_no("review", _("Sample to review"), apply=_to_review),
        lists.choice("entity", _("Kind of record"), choices=_entities),
        lists.yes_no("needs_second", _("Two people")),
        lists.dates("detected_at", _("Detected")),
    ),
    search=("code", "entity", "key", "places__site__code"),
    default_sort="due",
    default_filters={"state": tuple(str(state) for state in UNFINISHED)},
    bulk=(
        lists.BulkAction(
            "take",
            _("Take"),
            perm="telemetry.decide_conflict",
            run=take_conflict,
            row="case",
        ),
        lists.BulkAction(
            "decide",
            _("Decide"),
            perm="telemetry.decide_conflict",
            run=decide_in_bulk,
            row="case",
            form=BulkDecideForm,
            confirm=_("Samples of these decisions go to somebody else for review. Decide?"),
        ),
    ),
    bulk_url="telemetry:conflicts_bulk",
    on_export=_note_export,
    empty_title=_("No conflicts"),
    empty_text=_("What two sites changed at the same time waits here for a decision."),
)


@require_safe
@needs("telemetry.see_conflict_values")
def conflict_list(request: SignedInRequest) -> HttpResponse:
    """Every conflict at the sites of this person."""
    rows = ConflictCase.objects.visible_to(request.user).for_list()
    buttons = [{"url": reverse("telemetry:conflict_rules"), "label": _("Rules")}]
    return lists.list_response(
        request, CONFLICTS, rows, at=timezone.now(), extra={"title_buttons": buttons}
    )


@require_POST
@needs("telemetry.decide_conflict")
def conflict_bulk(request: SignedInRequest) -> HttpResponse:
    """What a selection of conflicts is decided to be."""
    rows = ConflictCase.objects.visible_to(request.user).for_list()
    return lists.bulk_response(request, CONFLICTS, rows, at=timezone.now())
