"""The dependency map: drawn by a script, readable without it, and a table to change it in."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assets.forms.asset import ArrowFactsForm, ArrowForm
from assets.models import Dependency, DependencyKind
from assets.selectors.dependency_map import dependency_map
from assets.services.dependency import change_dependency, link_assets, unlink_assets
from assets.views.asset import FORM, find_asset, way_back
from assets.views.doors import form_door
from bcp_portal.shared import lists
from bcp_portal.shared.pages import SignedInRequest, needs, render_page


def _inline(argument: str, field: forms.Field) -> lists.Inline:
    return lists.Inline(
        field=field,
        perm="assets.run_asset",
        save=change_dependency,
        row="dependency",
        argument=argument,
    )


ARROWS = lists.ListSpec(
    name="assets.arrows",
    title=_("Dependencies"),
    lead=_(
        "Every arrow of the map as a row: who needs whom, how much, and which are alternatives."
    ),
    columns=(
        lists.code("asset.code", _("Asset"), url="assets:detail", args=("asset.code",)),
        lists.text("asset.name", _("Name"), sort="asset__name", shown=False),
        lists.text("depends_on.code", _("Needs"), sort="depends_on__code", fixed=True),
        lists.text("depends_on.name", _("Name of what it needs"), sort="depends_on__name"),
        lists.template(
            "kind",
            _("How much"),
            template="assets/_arrow_kind.html",
            value=lambda row: DependencyKind(row.kind),
            alike=True,
            sort=True,
            edit=_inline("kind", forms.ChoiceField(choices=DependencyKind.choices)),
        ),
        lists.text(
            "group",
            _("Group of alternatives"),
            sort=True,
            edit=_inline("group", forms.CharField(max_length=40, required=False)),
        ),
        lists.number(
            "needed",
            _("Needed of the group"),
            sort=True,
            edit=_inline("needed", forms.IntegerField(min_value=1, max_value=1000)),
        ),
    ),
    filters=(
        lists.choice("kind", _("How much"), choices=DependencyKind.choices),
        lists.yes_no(
            "grouped",
            _("In a group"),
            apply=lambda rows, yes, ask: rows.exclude(group="") if yes else rows.filter(group=""),
        ),
    ),
    search=("asset__code", "asset__name", "depends_on__code", "depends_on__name", "group"),
    default_sort="asset.code",
    bulk=(
        lists.BulkAction(
            "unlink",
            _("Unlink"),
            perm="assets.run_asset",
            run=unlink_assets,
            row="dependency",
            confirm=_("Unlink?"),
        ),
    ),
    bulk_url="assets:arrows_bulk",
    edit_url="assets:arrow_edit_cell",
    empty_title=_("No dependencies yet"),
    empty_text=_("An arrow says what stands still without what."),
    empty_url="assets:arrow_add",
    empty_label=_("Draw an arrow"),
)


@require_safe
@needs("assets.view_asset")
def map_page(request: SignedInRequest) -> HttpResponse:
    """What needs what; with `of`, along which way that asset comes back."""
    page = dependency_map(request.user, of=request.GET.get("of", "")[:40])
    context = {
        "page": page,
        "form": ArrowFactsForm(auto_id="arrow_%s"),
        "back": urlencode({"from": "map", "of": page.chosen.code if page.chosen else ""}),
    }
    return render_page(request, "assets/map.html", context)


@require_safe
@needs("assets.view_asset")
def map_drawing(request: SignedInRequest) -> JsonResponse:
    """The same for the script that draws it."""
    of = request.GET.get("of", "")[:40]
    return JsonResponse(dependency_map(request.user, of=of).drawing())


@require_safe
@needs("assets.view_dependency")
def arrows(request: SignedInRequest) -> HttpResponse:
    """The map as a table that can be changed."""
    rows = Dependency.objects.visible_to(request.user).in_use().for_list()
    buttons = [{"label": _("Dependency map"), "url": reverse("assets:map"), "primary": False}]
    if request.user.has_perm("assets.run_asset"):
        add = {"label": _("Draw an arrow"), "url": reverse("assets:arrow_add"), "primary": True}
        buttons.append(add)
    return lists.list_response(
        request, ARROWS, rows, at=timezone.now(), extra={"title_buttons": buttons}
    )


@require_POST
@needs("assets.run_asset")
def arrows_bulk(request: SignedInRequest) -> HttpResponse:
    """What a selection of arrows is told to do."""
    rows = Dependency.objects.visible_to(request.user).in_use().for_list()
    return lists.bulk_response(request, ARROWS, rows, at=timezone.now())


@require_http_methods(FORM)
@needs("assets.run_asset")
def arrow_edit_cell(request: SignedInRequest, pk: str, column: str) -> HttpResponse:
    """One fact of one arrow, changed where it stands."""
    rows = Dependency.objects.visible_to(request.user).in_use().for_list()
    return lists.inline_response(request, ARROWS, rows, pk=pk, column=column, at=timezone.now())


@require_http_methods(FORM)
@needs("assets.run_asset")
def arrow_add(request: SignedInRequest) -> HttpResponse:
    """Draw an arrow between two assets."""

    def run(facts: dict[str, Any]) -> str:
        link_assets(**facts, actor=request.user, at=timezone.now())
        return reverse("assets:arrows")

    return form_door(
        request,
        ArrowForm(request.POST or None, user=request.user),
        run=run,
        title=_("Draw an arrow"),
        submit=_("Link"),
        cancel_url=reverse("assets:arrows"),
    )


@require_http_methods(FORM)
@needs("assets.run_asset")
def arrow_change(request: SignedInRequest, code: str, pk: int) -> HttpResponse:
    """Say otherwise how much an asset needs another one: from the picture, or without it."""
    asset = find_asset(request, code)
    visible = Dependency.objects.visible_to(request.user).for_list()
    arrow = get_object_or_404(visible, asset=asset, pk=pk)

    def run(facts: dict[str, Any]) -> str:
        change_dependency(dependency=arrow, **facts, actor=request.user, at=timezone.now())
        return way_back(request, code)

    return form_door(
        request,
        ArrowFactsForm(request.POST or None, instance=arrow),
        run=run,
        title=f"{arrow.asset.code} → {arrow.depends_on.code}",
        submit=_("Save"),
        cancel_url=way_back(request, code),
        template="assets/arrow_form.html",
        extra={"arrow": arrow, "asked": request.GET.urlencode()},
    )
