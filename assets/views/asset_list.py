"""The assets as a list."""

from datetime import datetime

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from assets.custom import with_custom
from assets.forms import ReasonForm
from assets.models import Asset, AssetKind, Criticality
from assets.selectors.units import unit_filter
from assets.services.asset import retire_asset
from bcp_portal.accounts.models import User
from bcp_portal.shared import lists
from bcp_portal.shared.pages import SignedInRequest, needs


def _retire(*, asset: Asset, reason: str, actor: User, at: datetime) -> Asset:
    return retire_asset(asset=asset, reason=reason, on=at.date(), actor=actor, at=at)


ASSETS = lists.ListSpec(
    name="assets.list",
    title=_("Assets"),
    lead=_("What the business runs on, who answers for it, and how fast it must come back."),
    columns=(
        lists.code("code", _("Code"), url="assets:detail", args=("code",)),
        lists.text("name", _("Name"), sort=True),
        lists.text("kind", _("Kind"), value=lambda row: row.get_kind_display(), sort=True),
        lists.text(
            "site", _("Site"), value=lambda row: row.site and row.site.code, sort="site__code"
        ),
        lists.text("unit", _("Unit"), sort="unit__name"),
        lists.number("criticality", _("Criticality"), sort=True),
        lists.duration(
            "rto", _("RTO"), value=lambda row: _span(row, "rto"), sort="recovery_target__rto"
        ),
        lists.duration(
            "rpo", _("RPO"), value=lambda row: _span(row, "rpo"), sort="recovery_target__rpo"
        ),
        lists.person("business_owner", _("Business owner"), sort="business_owner__first_name"),
        lists.person(
            "technical_owner", _("Technical owner"), sort="technical_owner__first_name", shown=False
        ),
        lists.bool_("is_third_party", _("Third party"), sort=True, shown=False),
        lists.duration("own_restore", _("Own restore time"), sort=True, shown=False),
        lists.when("retired_on", _("Retired on"), sort=True, shown=False),
    ),
    filters=(
        lists.choice("kind", _("Kind"), choices=AssetKind.choices),
        lists.choice("criticality", _("Criticality"), choices=Criticality.choices),
        unit_filter(),
        lists.yes_no("third_party", _("Third party"), field="is_third_party"),
        lists.yes_no(
            "target",
            _("Has a target"),
            apply=lambda rows, yes, ask: rows.filter(recovery_target__isnull=not yes),
        ),
        lists.yes_no(
            "retired",
            _("Retired"),
            apply=lambda rows, yes, ask: rows.filter(retired_on__isnull=not yes),
        ),
    ),
    search=(
        "code",
        "name",
        "site__code",
        "business_owner__first_name",
        "business_owner__last_name",
    ),
    default_sort="criticality,code",
    default_filters={"retired": ("no",)},
    bulk=(
        lists.BulkAction(
            "retire",
            _("Retire"),
            perm="assets.run_asset",
            run=_retire,
            row="asset",
            form=ReasonForm,
        ),
    ),
    bulk_url="assets:bulk",
    empty_title=_("No assets yet"),
    empty_text=_("An asset is whatever stops work when it fails: start with the till."),
    empty_url="assets:add",
    empty_label=_("Add an asset"),
)


def _span(row: Asset, name: str) -> object:
    target = getattr(row, "recovery_target", None)
    return getattr(target, name, None)


@require_safe
@needs("assets.view_asset")
def asset_list(request: SignedInRequest) -> HttpResponse:
    """What the business runs on."""
    rows = Asset.objects.visible_to(request.user).for_list()
    export = {"label": _("Export for editing"), "url": reverse("assets:export"), "primary": False}
    buttons = [
        export,
        *(
            [
                {"label": _("Import"), "url": reverse("assets:import"), "primary": False},
                {"label": _("Add an asset"), "url": reverse("assets:add"), "primary": True},
            ]
            if request.user.has_perm("assets.run_asset")
            else []
        ),
    ]
    return lists.list_response(
        request,
        with_custom(ASSETS, "asset", rows),
        rows,
        at=timezone.now(),
        extra={"title_buttons": buttons},
    )


@require_POST
@needs("assets.view_asset")
def asset_bulk(request: SignedInRequest) -> HttpResponse:
    """What a selection of assets is told to do."""
    rows = Asset.objects.visible_to(request.user).for_list()
    return lists.bulk_response(request, ASSETS, rows, at=timezone.now())
