"""Regions, and the times at which sites are offline on purpose."""

from typing import Any

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from assets.forms import ReasonForm, RegionForm, WindowForm
from assets.models import PlannedWindow, Region, Site
from assets.scope import visible_regions
from assets.services.planned_window import cancel_window, plan_window
from assets.services.region import add_region, rename_region
from assets.views.asset import FORM
from assets.views.doors import form_door
from bcp_portal.shared import lists
from bcp_portal.shared.pages import SignedInRequest, needs, render_page

WINDOWS = lists.ListSpec(
    name="assets.windows",
    title=gettext_lazy("Planned windows"),
    lead=gettext_lazy("Offline on purpose: here silence raises no alarm."),
    columns=(
        lists.text("where", gettext_lazy("Where"), value=lambda row: str(row.site or row.region)),
        lists.text("reason", gettext_lazy("Reason"), sort=True),
        lists.when("starts_at", gettext_lazy("First starts at"), sort=True),
        lists.duration("duration", gettext_lazy("Lasts"), sort=True),
        lists.text("rrule", gettext_lazy("Repeats")),
        lists.bool_("is_active", gettext_lazy("Active"), sort=True),
        lists.template(
            "moves",
            gettext_lazy("Moves"),
            template="assets/_window_moves.html",
            value=lambda row: "",
            perm="assets.run_site",
        ),
    ),
    filters=(lists.yes_no("active", gettext_lazy("Active"), field="is_active"),),
    search=("reason", "site__code", "site__name", "region__name"),
    default_sort="-starts_at",
    default_filters={"active": ("yes",)},
    empty_title=gettext_lazy("No planned windows"),
    empty_text=gettext_lazy("Plan one where a site is switched off at night or for works."),
    empty_url="assets:window_plan",
    empty_label=gettext_lazy("Plan a window"),
)


@require_safe
@needs("assets.view_region")
def region_list(request: SignedInRequest) -> HttpResponse:
    """The regions with how many visible sites each holds."""
    mine = Q(sites__in=Site.objects.visible_to(request.user).open())
    visible = visible_regions(request.user)
    regions = list(visible.annotate(site_count=Count("sites", filter=mine)).order_by("name"))
    file = lists.table_response(
        request,
        "assets.regions",
        _("Regions"),
        [_("Code"), _("Name"), _("Sites")],
        lambda: [[one.code, one.name, one.site_count] for one in regions],
        at=timezone.now(),
    )
    return file or render_page(request, "assets/region_list.html", {"regions": regions})


@require_http_methods(FORM)
@needs("assets.run_site")
def region_add(request: SignedInRequest) -> HttpResponse:
    """Name a part of the country."""

    def run(facts: dict[str, Any]) -> str:
        add_region(**facts, actor=request.user, at=timezone.now())
        return reverse("assets:regions")

    return form_door(
        request,
        RegionForm(request.POST or None),
        run=run,
        title=_("Add a region"),
        submit=_("Add"),
        cancel_url=reverse("assets:regions"),
    )


@require_http_methods(FORM)
@needs("assets.run_site")
def region_edit(request: SignedInRequest, code: str) -> HttpResponse:
    """Give a region another name."""
    region = get_object_or_404(Region, code=code)

    def run(facts: dict[str, Any]) -> str:
        fresh = get_object_or_404(Region, code=code)
        rename_region(region=fresh, name=facts["name"], actor=request.user, at=timezone.now())
        return reverse("assets:regions")

    return form_door(
        request,
        RegionForm(request.POST or None, instance=region),
        run=run,
        title=_("Edit %(code)s") % {"code": code},
        submit=_("Save"),
        cancel_url=reverse("assets:regions"),
    )


@require_safe
@needs("assets.view_plannedwindow")
def window_list(request: SignedInRequest) -> HttpResponse:
    """When sites are offline on purpose."""
    rows = PlannedWindow.objects.visible_to(request.user).select_related("site", "region")
    buttons = (
        [{"label": _("Plan a window"), "url": reverse("assets:window_plan"), "primary": True}]
        if request.user.has_perm("assets.run_site")
        else []
    )
    return lists.list_response(
        request, WINDOWS, rows, at=timezone.now(), extra={"title_buttons": buttons}
    )


@require_http_methods(FORM)
@needs("assets.run_site")
def window_plan(request: SignedInRequest) -> HttpResponse:
    """Say beforehand when something is offline on purpose."""

    def run(facts: dict[str, Any]) -> str:
        plan_window(**facts, actor=request.user, at=timezone.now())
        return reverse("assets:windows")

    return form_door(
        request,
        WindowForm(request.POST or None, user=request.user),
        run=run,
        title=_("Plan a window"),
        submit=_("Plan"),
        cancel_url=reverse("assets:windows"),
    )


@require_http_methods(FORM)
@needs("assets.run_site")
def window_cancel(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take a planned window back."""
    window = get_object_or_404(PlannedWindow.objects.visible_to(request.user), pk=pk)

    def run(facts: dict[str, Any]) -> str:
        cancel_window(window=window, reason=facts["reason"], actor=request.user, at=timezone.now())
        return reverse("assets:windows")

    return form_door(
        request,
        ReasonForm(request.POST or None),
        run=run,
        title=_("Cancel a planned window"),
        submit=_("Cancel the window"),
        cancel_url=reverse("assets:windows"),
    )
