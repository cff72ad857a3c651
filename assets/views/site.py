"""Sites as the register knows them; how a site is doing is shown by the room of telemetry."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from assets.forms import NewSiteForm, ReasonForm, SiteForm
from assets.models import Criticality, Site, SiteKind
from assets.scope import visible_regions
from assets.services.site import close_site, edit_site, open_site
from assets.views.asset import FORM
from assets.views.doors import form_door
from bcp_portal.shared import lists
from bcp_portal.shared.pages import SignedInRequest, needs

SITES = lists.ListSpec(
    name="assets.sites",
    title=gettext_lazy("Sites"),
    lead=gettext_lazy("Every place that can be cut off."),
    columns=(
        lists.code("code", gettext_lazy("Code"), url="telemetry:site", args=("code",)),
        lists.text("name", gettext_lazy("Name"), sort=True),
        lists.text("kind", gettext_lazy("Kind"), value=lambda row: row.get_kind_display()),
        lists.text(
            "region", gettext_lazy("Region"), value=lambda row: row.region.name, sort="region__name"
        ),
        lists.number("criticality", gettext_lazy("Criticality"), sort=True),
        lists.text("provider", gettext_lazy("Provider"), sort=True),
        lists.text("time_zone", gettext_lazy("Time zone"), sort=True),
        lists.bool_("offline_is_normal", gettext_lazy("Offline is normal"), sort=True),
        lists.text("shard", gettext_lazy("Shard"), sort=True, shown=False),
        lists.text("phone", gettext_lazy("Phone"), shown=False),
        lists.number("data_volume_bytes", gettext_lazy("Data volume"), sort=True, shown=False),
        lists.when("opened_on", gettext_lazy("Opened on"), sort=True, shown=False),
        lists.when("closed_on", gettext_lazy("Closed on"), sort=True, shown=False),
    ),
    filters=(
        lists.choice(
            "region",
            gettext_lazy("Region"),
            choices=lambda ask: (
                visible_regions(ask.user).order_by("name").values_list("pk", "name")
            ),
        ),
        lists.choice("kind", gettext_lazy("Kind"), choices=SiteKind.choices),
        lists.choice("criticality", gettext_lazy("Criticality"), choices=Criticality.choices),
        lists.yes_no(
            "closed",
            gettext_lazy("Closed"),
            apply=lambda rows, yes, ask: rows.filter(closed_on__isnull=not yes),
        ),
    ),
    search=("code", "name", "region__name", "provider"),
    default_sort="code",
    default_filters={"closed": ("no",)},
    empty_title=gettext_lazy("No sites yet"),
    empty_text=gettext_lazy("A site is a place with devices of its own, which may lose its link."),
    empty_url="assets:site_open",
    empty_label=gettext_lazy("Open a site"),
)


def find_site(request: SignedInRequest, code: str) -> Site:
    """The site of the address, if this person may see it."""
    return get_object_or_404(Site.objects.visible_to(request.user).for_list(), code=code)


@require_safe
@needs("assets.view_site")
def site_list(request: SignedInRequest) -> HttpResponse:
    """Every place that can be cut off."""
    rows = Site.objects.visible_to(request.user).for_list()
    buttons = (
        [
            {"label": _("Import"), "url": reverse("assets:site_import"), "primary": False},
            {"label": _("Open a site"), "url": reverse("assets:site_open"), "primary": True},
        ]
        if request.user.has_perm("assets.run_site")
        else []
    )
    return lists.list_response(
        request, SITES, rows, at=timezone.now(), extra={"title_buttons": buttons}
    )


@require_http_methods(FORM)
@needs("assets.run_site")
def site_open(request: SignedInRequest) -> HttpResponse:
    """Take a place into the portal."""

    def run(facts: dict[str, Any]) -> str:
        code = facts.pop("code")
        open_site(code=code, facts=facts, actor=request.user, at=timezone.now())
        return reverse("assets:sites")

    return form_door(
        request,
        NewSiteForm(request.POST or None),
        run=run,
        title=_("Open a site"),
        submit=_("Open"),
        cancel_url=reverse("assets:sites"),
    )


@require_http_methods(FORM)
@needs("assets.run_site")
def site_edit(request: SignedInRequest, code: str) -> HttpResponse:
    """Correct what is known about a site."""
    site = find_site(request, code)

    def run(facts: dict[str, Any]) -> str:
        edit_site(site=site, facts=facts, actor=request.user, at=timezone.now())
        return reverse("assets:sites")

    return form_door(
        request,
        SiteForm(request.POST or None, instance=site),
        run=run,
        title=_("Edit %(code)s") % {"code": code},
        submit=_("Save"),
        cancel_url=reverse("assets:sites"),
    )


@require_http_methods(FORM)
@needs("assets.run_site")
def site_close(request: SignedInRequest, code: str) -> HttpResponse:
    """Say that a place is no longer in business."""
    site = find_site(request, code)

    def run(facts: dict[str, Any]) -> str:
        at = timezone.now()
        close_site(site=site, reason=facts["reason"], on=at.date(), actor=request.user, at=at)
        return reverse("assets:sites")

    return form_door(
        request,
        ReasonForm(request.POST or None),
        run=run,
        title=_("Close %(code)s") % {"code": code},
        submit=_("Close"),
        cancel_url=reverse("assets:sites"),
    )
