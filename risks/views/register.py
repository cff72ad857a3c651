"""The risk register as a list, and the reviews that are due."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django import forms
from django.db.models import Q
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assets.custom import with_custom
from bcp_portal.accounts.models import User
from bcp_portal.shared import lists
from bcp_portal.shared.pages import SignedInRequest, needs
from risks.forms import HandOverForm, ReviewDateForm
from risks.models import Risk, RiskStatus
from risks.scoring import MOST_STEPS
from risks.selectors.matrix import (
    LevelBadge,
    family_names,
    level_badge,
    matrices_in_force,
    scales_of,
)
from risks.selectors.offers import ActionCounts, Offers
from risks.services.risk import hand_over_risk, plan_review, retitle_risk

SOON = timedelta(days=30)


def _overdue(rows: Any, yes: bool, ask: lists.Ask) -> Any:
    overdue = Risk.objects.review_overdue(ask.at.date()).values("pk")
    return rows.filter(pk__in=overdue) if yes else rows.exclude(pk__in=overdue)


def _rated(kind: str) -> Any:
    return lambda rows, yes, ask: rows.filter(**{f"{kind}__isnull": not yes})


def _unjudged(rows: Any, yes: bool, ask: lists.Ask) -> Any:
    found = Risk.objects.unrated().values("pk")
    return rows.filter(pk__in=found) if yes else rows.exclude(pk__in=found)


def _naming(name: str, label: Any, links: str) -> lists.Filter:
    """Risks that name one of these things; those that name none are a choice of their own."""

    def narrow(rows: Any, asked: Any, _ask: lists.Ask) -> Any:
        named = Risk.objects.filter(**{f"{links}__in": [one for one in asked if one is not None]})
        wanted = Q(pk__in=named.values("pk"))
        return rows.filter(wanted | Q(**{links: None}) if None in asked else wanted)

    return lists.choice(name, label, choices=(), apply=narrow)  # all there are


def _placed(kind: str, axis: str, label: Any) -> lists.Filter:
    return lists.choice(
        f"{kind}_{axis}",
        label,
        choices=[(str(step), str(step)) for step in range(1, MOST_STEPS + 1)],
        field=f"{kind}__{axis}",
    )


REGISTER = lists.ListSpec(
    name="risks.register",
    title=gettext_lazy("Risk register"),
    lead=gettext_lazy("What could happen, how bad it would be, and who answers for it."),
    columns=(
        lists.code("code", gettext_lazy("Code"), url="risks:detail", args=("code",)),
        lists.text(
            "title",
            gettext_lazy("Title"),
            sort=True,
            edit=lists.Inline(
                field=forms.CharField(max_length=200),
                perm="risks.run_risk",
                save=retitle_risk,
                row="risk",
                argument="title",
            ),
        ),
        lists.text(
            "category",
            gettext_lazy("Category"),
            value=lambda row: str(row.category),
            sort="category__name",
        ),
        lists.text("unit", gettext_lazy("Unit"), sort="unit__name"),
        lists.template(
            "level",
            gettext_lazy("Level"),
            template="risks/_level_cell.html",
            value=lambda row: row.level,
            alike=True,
            sort="score",
            css="nowrap",
        ),
        lists.number("score", gettext_lazy("Score"), sort=True, shown=False),
        lists.number(
            "inherent_score",
            gettext_lazy("Inherent score"),
            value=lambda row: row.inherent and row.inherent.score,
            sort="inherent__score",
        ),
        lists.number(
            "target_score",
            gettext_lazy("Target score"),
            value=lambda row: row.target and row.target.score,
            sort="target__score",
            shown=False,
        ),
        lists.badge("status", gettext_lazy("Status"), sort=True),
        lists.person("owner", gettext_lazy("Owner"), sort="owner__first_name"),
        lists.person("business_owner", gettext_lazy("Business owner"), shown=False),
        lists.when("review_on", gettext_lazy("Next review"), sort=True),
        lists.when("reviewed_at", gettext_lazy("Last reviewed"), sort=True, shown=False),
        lists.number("actions_open", gettext_lazy("Actions open"), shown=False),
        lists.number("actions_overdue", gettext_lazy("Actions overdue"), shown=False),
        lists.text("cause", gettext_lazy("Cause"), shown=False),
        lists.text("consequence", gettext_lazy("Consequence"), shown=False),
    ),
    filters=(
        lists.choice("status", gettext_lazy("Status"), choices=RiskStatus.choices),
        lists.choice(
            "level",
            gettext_lazy("Level"),
            choices=(),  # as the matrices in force say
        ),
        lists.choice(
            "category",
            gettext_lazy("Category"),
            choices=(),  # all there are
        ),
        lists.choice("unit", gettext_lazy("Unit"), choices=()),  # all there are
        lists.choice(
            "asset",
            gettext_lazy("Asset"),
            choices=(),  # those that some risk names
            apply=lambda rows, codes, ask: rows.filter(
                pk__in=Risk.assets.through.objects.filter(asset__code__in=codes).values("risk")
            ),
        ),
        _naming("threat", gettext_lazy("Threat"), "threats"),
        _naming("third_party", gettext_lazy("Third party"), "third_parties"),
        lists.yes_no(
            "mine",
            gettext_lazy("Mine"),
            apply=lambda rows, yes, ask: (
                rows.filter(owner=ask.user) if yes else rows.exclude(owner=ask.user)
            ),
        ),
        lists.yes_no("overdue", gettext_lazy("Review overdue"), apply=_overdue),
        lists.yes_no("unjudged", gettext_lazy("To be judged (again)"), apply=_unjudged),
        lists.dates("review_on", gettext_lazy("Next review")),
        _placed("residual", "likelihood", gettext_lazy("Likelihood")),
        _placed("residual", "impact", gettext_lazy("Impact")),
        _placed("inherent", "likelihood", gettext_lazy("Inherent likelihood")),
        _placed("inherent", "impact", gettext_lazy("Inherent impact")),
        _placed("target", "likelihood", gettext_lazy("Target likelihood")),
        _placed("target", "impact", gettext_lazy("Target impact")),
        lists.choice(
            "matrix",
            gettext_lazy("Matrix"),
            choices=(),  # those in force
            field="matrix_family",
        ),
        lists.yes_no("residual_rated", gettext_lazy("Judged"), apply=_rated("residual")),
        lists.yes_no("inherent_rated", gettext_lazy("Inherent judged"), apply=_rated("inherent")),
        lists.yes_no("target_rated", gettext_lazy("Target judged"), apply=_rated("target")),
    ),
    search=("code", "title", "owner__first_name", "owner__last_name"),
    default_sort="-level,code",
    default_filters={"status": ("open", "accepted")},
    bulk=(
        lists.BulkAction(
            "hand_over",
            gettext_lazy("Hand over"),
            perm="risks.run_risk",
            run=hand_over_risk,
            row="risk",
            form=HandOverForm,
        ),
        lists.BulkAction(
            "plan_review",
            gettext_lazy("Set review date"),
            perm="risks.run_risk",
            run=plan_review,
            row="risk",
            form=ReviewDateForm,
        ),
    ),
    bulk_url="risks:bulk",
    edit_url="risks:edit_cell",
    empty_title=gettext_lazy("No risks yet"),
    empty_text=gettext_lazy(
        "A risk says what could happen, why, and what follows. Identify one, or import a register."
    ),
    empty_url="risks:add",
    empty_label=gettext_lazy("Identify a risk"),
)


def register_spec(user: User, at: datetime, spec: lists.ListSpec = REGISTER) -> lists.ListSpec:
    """The list with the organisation's own fields, and levels in the words of their matrices."""
    spec = with_custom(spec, "risk", Risk.objects.visible_to(user))
    matrices = matrices_in_force()
    scales = scales_of(matrices)

    def badge(row: Risk) -> LevelBadge | None:
        found = level_badge(scales.of(row.matrix_family), row.level)
        again = row.reassess_since is not None
        return found and replace(found, score=row.score, again=again)

    offers, actions = Offers(user), ActionCounts(at.date())
    values: dict[str, Any] = {
        "level": badge,
        "actions_open": actions.open,
        "actions_overdue": actions.overdue,
    }
    known: dict[str, Any] = {
        "level": scales.words(),
        "matrix": family_names(matrices),
        "category": offers.categories,
        "asset": offers.assets,
        "unit": offers.units,
        "threat": offers.threats,
        "third_party": offers.third_parties,
    }
    columns = tuple(
        replace(column, value=values[column.key]) if column.key in values else column
        for column in spec.columns
    )
    filters = tuple(
        replace(one, choices=known[one.name])
        if isinstance(one, lists.ChoiceFilter) and one.name in known
        else one
        for one in spec.filters
    )
    bulk = tuple(
        replace(one, form=partial(HandOverForm, known=offers.people))
        if one.form is HandOverForm
        else one
        for one in spec.bulk
    )
    return replace(spec, columns=columns, filters=filters, bulk=bulk)


def _buttons(request: SignedInRequest) -> list[dict[str, object]]:
    buttons: list[dict[str, object]] = [
        {"label": _("Heat map"), "url": reverse("risks:heat_map"), "primary": False},
        {"label": _("Export for editing"), "url": reverse("risks:export"), "primary": False},
    ]
    if request.user.has_perm("risks.import_register"):
        buttons.append({"label": _("Import"), "url": reverse("risks:import"), "primary": False})
    if request.user.has_perm("risks.run_risk"):
        buttons.append(
            {"label": _("Identify a risk"), "url": reverse("risks:add"), "primary": True}
        )
    return buttons


@require_safe
@needs("risks.view_risk")
def register(request: SignedInRequest) -> HttpResponse:
    """The register."""
    at = timezone.now()
    rows = Risk.objects.visible_to(request.user).for_list()
    return lists.list_response(
        request,
        register_spec(request.user, at),
        rows,
        at=at,
        extra={"title_buttons": _buttons(request)},
    )


@require_POST
@needs("risks.view_risk")
def register_bulk(request: SignedInRequest) -> HttpResponse:
    """What a selection of risks is told to do."""
    at = timezone.now()
    rows = Risk.objects.visible_to(request.user).for_list()
    return lists.bulk_response(request, register_spec(request.user, at), rows, at=at)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("risks.run_risk")
def register_edit_cell(request: SignedInRequest, pk: str, column: str) -> HttpResponse:
    """One field of one risk, changed where it stands."""
    at = timezone.now()
    rows = Risk.objects.visible_to(request.user).for_list()
    return lists.inline_response(
        request, register_spec(request.user, at), rows, pk=pk, column=column, at=at
    )


REVIEWS = replace(
    REGISTER,
    name="risks.reviews",
    title=gettext_lazy("Reviews"),
    lead=gettext_lazy("Risks whose review date has passed or comes within thirty days."),
    default_sort="review_on,code",
    default_filters={},
    edit_url="",
    columns=tuple(replace(column, edit=None) for column in REGISTER.columns),
    empty_title=gettext_lazy("Nothing is due"),
    empty_text=gettext_lazy("Every risk has been looked at in time."),
    empty_url="risks:register",
    empty_label=gettext_lazy("To the register"),
)


@require_safe
@needs("risks.view_risk")
def review_list(request: SignedInRequest) -> HttpResponse:
    """What has to be looked at, the most overdue first."""
    at = timezone.now()
    due = Risk.objects.review_overdue(at.date() + SOON).values("pk")
    rows = Risk.objects.visible_to(request.user).filter(pk__in=due).for_list()
    return lists.list_response(request, register_spec(request.user, at, REVIEWS), rows, at=at)
