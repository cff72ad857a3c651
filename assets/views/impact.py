"""The impact analysis: the list, the answers of one owner, and the campaigns that ask."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assets.forms.impact import CampaignForm, ImpactForm
from assets.impact import tier
from assets.models import Asset, AssetKind, ImpactCampaign
from assets.selectors.campaigns import campaign_lines, campaign_page
from assets.selectors.impact import drawn, impact_view, money_of, points_of
from assets.services.impact import answer_impact, close_campaign, start_campaign
from assets.views.asset import FORM, find_asset
from assets.views.doors import form_door
from bcp_portal.shared import lists
from bcp_portal.shared.pages import SignedInRequest, attempt, needs, render_page


def _said(row: Asset, name: str) -> Any:
    return getattr(getattr(row, "impact", None), name, None)


IMPACT = lists.ListSpec(
    name="assets.impact",
    title=gettext_lazy("Impact"),
    lead=gettext_lazy("What an outage does to the business, and when nobody would bear it."),
    columns=(
        lists.code("code", gettext_lazy("Code"), url="assets:impact_answer", args=("code",)),
        lists.text("name", gettext_lazy("Name"), sort=True),
        lists.text("kind", gettext_lazy("Kind"), value=lambda row: row.get_kind_display()),
        lists.number(
            "tier",
            gettext_lazy("Tier"),
            value=lambda row: tier(_said(row, "bears")),
            sort="impact__bears",
        ),
        lists.duration(
            "bears",
            gettext_lazy("First intolerable moment"),
            value=lambda row: _said(row, "bears"),
            sort="impact__bears",
        ),
        lists.duration(
            "mtpd",
            gettext_lazy("MTPD"),
            value=lambda row: getattr(getattr(row, "recovery_target", None), "mtpd", None),
            sort="recovery_target__mtpd",
        ),
        lists.text(
            "loss",
            gettext_lazy("Loss per hour"),
            css="num",
            sort="impact__loss_per_hour",
            value=lambda row: money_of(_said(row, "loss_per_hour"), _said(row, "currency") or ""),
        ),
        lists.person("business_owner", gettext_lazy("Business owner")),
        lists.when(
            "answered_at",
            gettext_lazy("Answered"),
            value=lambda row: _said(row, "answered_at"),
            sort="impact__answered_at",
        ),
    ),
    filters=(
        lists.choice("kind", gettext_lazy("Kind"), choices=AssetKind.choices),
        lists.yes_no(
            "answered",
            gettext_lazy("Answered"),
            apply=lambda rows, yes, ask: rows.filter(impact__isnull=not yes),
        ),
        lists.yes_no(
            "mine",
            gettext_lazy("Mine"),
            apply=lambda rows, yes, ask: (
                rows.filter(business_owner=ask.user)
                if yes
                else rows.exclude(business_owner=ask.user)
            ),
        ),
    ),
    search=("code", "name"),
    default_sort="bears,code",
    empty_title=gettext_lazy("No assets yet"),
    empty_text=gettext_lazy("Once an asset is on the map, its owner says what an outage does."),
)


@require_safe
@needs("assets.view_impactanalysis")
def impact_list(request: SignedInRequest) -> HttpResponse:
    """What an outage of each asset does."""
    rows = Asset.objects.visible_to(request.user).in_use().for_list().select_related("impact")
    buttons = [{"label": _("Campaigns"), "url": reverse("assets:campaigns"), "primary": False}]
    return lists.list_response(
        request, IMPACT, rows, at=timezone.now(), extra={"title_buttons": buttons}
    )


@require_http_methods(FORM)
@needs("assets.answer_impact")
def impact_answer(request: SignedInRequest, code: str) -> HttpResponse:
    """Say what an outage of one asset does."""
    asset = find_asset(request, code)
    view = impact_view(asset)
    target = getattr(asset, "recovery_target", None)
    spans = {name: getattr(target, name, None) for name in ("rto", "wrt", "mtpd")}
    known = view.analysis if view else None
    initial = {name: getattr(known, name) for name in ImpactForm.base_fields} if known else None
    form = ImpactForm(
        request.POST or None, initial=initial, points=points_of(known) if known else None
    )

    def run(_facts: dict[str, Any]) -> str:
        facts, points = form.answers()
        answer_impact(
            asset=asset, facts=facts, points=points, actor=request.user, at=timezone.now()
        )
        return reverse("assets:impact_answer", args=[code])

    return form_door(
        request,
        form,
        run=run,
        title=_("What does an outage of %(code)s do?") % {"code": code},
        submit=_("Keep the answers"),
        cancel_url=reverse("assets:impact"),
        template="assets/impact_form.html",
        extra={"asset": asset, "impact": view, "curve": drawn(view, spans), "target": target},
    )


@require_safe
@needs("assets.view_impactanalysis")
def campaigns(request: SignedInRequest) -> HttpResponse:
    """Who has been asked, and what is still owed."""
    at = timezone.now()
    lines = campaign_lines(ImpactCampaign.objects.visible_to(request.user), at=at)
    file = lists.table_response(
        request,
        "assets.campaigns",
        _("Impact campaigns"),
        [_("Campaign"), _("Answered"), _("Asked"), _("Due"), _("Closed"), _("Asked by")],
        lambda: [
            [
                one.campaign.name,
                one.answered,
                one.asked,
                one.campaign.due_at,
                one.campaign.closed_at,
                str(one.campaign.started_by or ""),
            ]
            for one in lines
        ],
        at=at,
    )
    return file or render_page(request, "assets/campaigns.html", {"lines": lines})


@require_safe
@needs("assets.view_impactanalysis")
def campaign_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """One campaign: every question, and who owes an answer."""
    campaign = get_object_or_404(ImpactCampaign.objects.visible_to(request.user), pk=pk)
    at = timezone.now()
    page = campaign_page(campaign, user=request.user, at=at)
    file = lists.table_response(
        request,
        "assets.campaign",
        campaign.name[:31],
        [_("Code"), _("Asset"), _("Asked"), _("Answered")],
        lambda: [
            [one.asset.code, one.asset.name, str(one.owner), one.answered_at]
            for one in page.questions
        ],
        at=at,
    )
    return file or render_page(request, "assets/campaign.html", {"page": page})


@require_http_methods(FORM)
@needs("assets.run_campaign")
def campaign_start(request: SignedInRequest) -> HttpResponse:
    """Ask owners."""
    form = CampaignForm(request.POST or None, user=request.user)

    def run(facts: dict[str, Any]) -> str:
        campaign = start_campaign(
            name=facts["name"],
            lead=facts["lead"],
            due_at=facts["due_at"],
            assets=form.chosen(),
            actor=request.user,
            at=timezone.now(),
        )
        return reverse("assets:campaign", args=[campaign.pk])

    return form_door(
        request,
        form,
        run=run,
        title=_("Ask owners what an outage does"),
        submit=_("Ask"),
        cancel_url=reverse("assets:campaigns"),
    )


@require_POST
@needs("assets.run_campaign")
def campaign_close(request: SignedInRequest, pk: int) -> HttpResponse:
    """Stop asking."""
    campaign = get_object_or_404(ImpactCampaign.objects.visible_to(request.user), pk=pk)
    attempt(
        request,
        lambda: close_campaign(campaign=campaign, actor=request.user, at=timezone.now()),
        _("Closed."),
    )
    return redirect("assets:campaign", pk=pk)
