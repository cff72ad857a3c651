"""The page of one asset, and the buttons on it."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assets.forms import AssetForm, LinkForm, NewAssetForm, ReasonForm
from assets.models import Asset, Dependency
from assets.selectors.asset_page import asset_page
from assets.services.asset import add_asset, edit_asset, retire_asset
from assets.services.dependency import link_assets, unlink_assets
from assets.views.doors import form_door
from bcp_portal.shared.pages import SignedInRequest, attempt, needs, render_page

FORM = ["GET", "HEAD", "POST"]


def find_asset(request: SignedInRequest, code: str) -> Asset:
    """The asset of the address, if this person may see it."""
    visible = Asset.objects.visible_to(request.user).for_list()
    visible = visible.select_related("design__failover_path", "third_party")
    return get_object_or_404(visible, code=code)


def way_back(request: SignedInRequest, code: str) -> str:
    """Where somebody came from to draw or change an arrow: the picture, or the asset's page."""
    if request.GET.get("from") != "map":
        return reverse("assets:detail", args=[code])
    path_of = request.GET.get("of", "")[:40]
    asked = {"of": path_of} if path_of else {}
    return f"{reverse('assets:map')}?{urlencode(asked | {'edit': '1'})}"


@require_safe
@needs("assets.view_asset")
def asset_detail(request: SignedInRequest, code: str) -> HttpResponse:
    """What an asset promises, needs, and has proven."""
    asset = find_asset(request, code)
    page = asset_page(asset, user=request.user, at=timezone.now())
    return render_page(request, "assets/asset_detail.html", {"page": page})


@require_http_methods(FORM)
@needs("assets.run_asset")
def asset_add(request: SignedInRequest) -> HttpResponse:
    """Put something on the map."""

    def run(facts: dict[str, Any]) -> str:
        code = facts.pop("code")
        asset = add_asset(code=code, facts=facts, actor=request.user, at=timezone.now())
        return reverse("assets:detail", args=[asset.code])

    return form_door(
        request,
        NewAssetForm(request.POST or None, user=request.user),
        run=run,
        title=_("Add an asset"),
        submit=_("Add"),
        cancel_url=reverse("assets:list"),
    )


@require_http_methods(FORM)
@needs("assets.run_asset")
def asset_edit(request: SignedInRequest, code: str) -> HttpResponse:
    """Correct what is known about an asset."""
    asset = find_asset(request, code)

    def run(facts: dict[str, Any]) -> str:
        edit_asset(asset=asset, facts=facts, actor=request.user, at=timezone.now())
        return reverse("assets:detail", args=[code])

    return form_door(
        request,
        AssetForm(request.POST or None, instance=asset, user=request.user),
        run=run,
        title=_("Edit %(code)s") % {"code": code},
        submit=_("Save"),
        cancel_url=reverse("assets:detail", args=[code]),
    )


@require_http_methods(FORM)
@needs("assets.run_asset")
def asset_retire(request: SignedInRequest, code: str) -> HttpResponse:
    """Take an asset out of use."""
    asset = find_asset(request, code)

    def run(facts: dict[str, Any]) -> str:
        at = timezone.now()
        retire_asset(asset=asset, reason=facts["reason"], on=at.date(), actor=request.user, at=at)
        return reverse("assets:detail", args=[code])

    return form_door(
        request,
        ReasonForm(request.POST or None),
        run=run,
        title=_("Retire %(code)s") % {"code": code},
        submit=_("Retire"),
        cancel_url=reverse("assets:detail", args=[code]),
    )


@require_http_methods(FORM)
@needs("assets.run_asset")
def asset_link(request: SignedInRequest, code: str) -> HttpResponse:
    """Draw an arrow to what this asset needs."""
    asset = find_asset(request, code)

    def run(facts: dict[str, Any]) -> str:
        link_assets(asset=asset, **facts, actor=request.user, at=timezone.now())
        return way_back(request, code)

    return form_door(
        request,
        LinkForm(
            request.POST or None,
            initial={"depends_on": request.GET.get("depends_on", "")},
            instance=Dependency(asset=asset),
            user=request.user,
            asset=asset,
        ),
        run=run,
        title=_("What does %(code)s need?") % {"code": code},
        submit=_("Link"),
        cancel_url=way_back(request, code),
    )


@require_POST
@needs("assets.run_asset")
def asset_unlink(request: SignedInRequest, code: str, pk: int) -> HttpResponse:
    """Take an arrow away."""
    asset = find_asset(request, code)
    visible = Dependency.objects.visible_to(request.user).for_list()
    arrow = get_object_or_404(visible, asset=asset, pk=pk)
    attempt(
        request,
        lambda: unlink_assets(dependency=arrow, actor=request.user, at=timezone.now()),
        _("Unlinked."),
    )
    return redirect(way_back(request, code))
