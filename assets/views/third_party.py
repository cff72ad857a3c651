"""Third parties: contract, way out, and the assets that hang on them; and recovery designs."""

from typing import Any

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from assets.forms.recovery import NewThirdPartyForm, RecoveryDesignForm, ThirdPartyForm
from assets.models import Asset, RecoveryDesign, ThirdParty
from assets.services.recovery_design import (
    add_third_party,
    describe_recovery,
    edit_third_party,
)
from assets.views.asset import FORM, find_asset
from assets.views.doors import form_door
from bcp_portal.shared import lists
from bcp_portal.shared.pages import SignedInRequest, needs

PARTIES = lists.ListSpec(
    name="assets.third_parties",
    title=gettext_lazy("Third parties"),
    lead=gettext_lazy("Who runs what for us, until when, and how we would get out."),
    columns=(
        lists.code("code", gettext_lazy("Code"), url="assets:third_party", args=("code",)),
        lists.text("name", gettext_lazy("Name"), sort=True),
        lists.number("asset_count", gettext_lazy("Assets"), sort=True),
        lists.text("contract", gettext_lazy("Contract"), sort=True),
        lists.when("contract_ends_on", gettext_lazy("Ends"), sort=True),
        lists.template(
            "notice_by",
            gettext_lazy("Notice by"),
            template="assets/_notice_by.html",
            value=lambda row: row.notice_by(),
        ),
        lists.duration("promised_rto", gettext_lazy("Back within"), sort=True),
        lists.bool_("has_exit", gettext_lazy("Way out"), value=lambda row: bool(row.exit_plan)),
        lists.text("contact", gettext_lazy("Contact")),
        lists.text("phone", gettext_lazy("Phone"), shown=False),
    ),
    filters=(
        lists.yes_no(
            "exit",
            gettext_lazy("Way out"),
            apply=lambda rows, yes, ask: (
                rows.exclude(exit_plan="") if yes else rows.filter(exit_plan="")
            ),
        ),
        lists.dates("contract_ends_on", gettext_lazy("Ends")),
    ),
    search=("code", "name", "contract"),
    default_sort="contract_ends_on,code",
    empty_title=gettext_lazy("No third parties yet"),
    empty_text=gettext_lazy("Payment, network, mail: whoever runs something that we need."),
    empty_url="assets:third_party_add",
    empty_label=gettext_lazy("Add a third party"),
)


@require_safe
@needs("assets.view_thirdparty")
def third_party_list(request: SignedInRequest) -> HttpResponse:
    """Who runs what for us."""
    seen = Q(assets__in=Asset.objects.visible_to(request.user).in_use())
    rows = ThirdParty.objects.visible_to(request.user).annotate(
        asset_count=Count("assets", filter=seen)
    )
    buttons = (
        [
            {
                "label": _("Add a third party"),
                "url": reverse("assets:third_party_add"),
                "primary": True,
            }
        ]
        if request.user.has_perm("assets.run_asset")
        else []
    )
    extra = {"title_buttons": buttons}
    return lists.list_response(request, PARTIES, rows, at=timezone.now(), extra=extra)


@require_http_methods(FORM)
@needs("assets.run_asset")
def third_party_add(request: SignedInRequest) -> HttpResponse:
    """Note somebody outside on whom we depend."""

    def run(facts: dict[str, Any]) -> str:
        code = facts.pop("code")
        add_third_party(code=code, facts=facts, actor=request.user, at=timezone.now())
        return reverse("assets:third_parties")

    return form_door(
        request,
        NewThirdPartyForm(request.POST or None),
        run=run,
        title=_("Add a third party"),
        submit=_("Add"),
        cancel_url=reverse("assets:third_parties"),
    )


@require_http_methods(FORM)
@needs("assets.run_asset")
def third_party_edit(request: SignedInRequest, code: str) -> HttpResponse:
    """Correct what is known about a third party, seeing what hangs on it."""
    party = get_object_or_404(ThirdParty.objects.visible_to(request.user), code=code)
    hanging = Asset.objects.visible_to(request.user).in_use().filter(third_party=party)

    def run(facts: dict[str, Any]) -> str:
        edit_third_party(party=party, facts=facts, actor=request.user, at=timezone.now())
        return reverse("assets:third_parties")

    return form_door(
        request,
        ThirdPartyForm(request.POST or None, instance=party),
        run=run,
        title=str(party),
        submit=_("Save"),
        cancel_url=reverse("assets:third_parties"),
        template="assets/third_party.html",
        extra={"hanging": list(hanging.order_by("criticality", "code"))},
    )


@require_http_methods(FORM)
@needs("assets.run_asset")
def recovery_design(request: SignedInRequest, code: str) -> HttpResponse:
    """Say how an asset is built to come back."""
    asset = find_asset(request, code)
    design = RecoveryDesign.objects.filter(asset=asset).first() or RecoveryDesign(asset=asset)

    def run(facts: dict[str, Any]) -> str:
        describe_recovery(asset=asset, facts=facts, actor=request.user, at=timezone.now())
        return reverse("assets:detail", args=[code])

    return form_door(
        request,
        RecoveryDesignForm(request.POST or None, instance=design, user=request.user, asset=asset),
        run=run,
        title=_("How %(code)s comes back") % {"code": code},
        submit=_("Save"),
        cancel_url=reverse("assets:detail", args=[code]),
    )
