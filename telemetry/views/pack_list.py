"""The list of copies: which device holds which edition of its site's pack, and which are stale."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from assets.scope import visible_regions
from bcp_portal.shared import lists
from bcp_portal.shared.pages import SignedInRequest, needs
from telemetry.models import Device, PackStanding, with_pack

STALE = (PackStanding.STALE, PackStanding.MISSING)


def _regions(ask: lists.Ask) -> list[tuple[str, str]]:
    visible = visible_regions(ask.user)
    return list(visible.order_by("name").values_list("code", "name"))


def _copy(name: str) -> Any:
    def read(device: Device) -> object:
        copy = getattr(device, "pack_copy", None)
        return getattr(copy, name) if copy and copy.digest else None

    return read


def standing_label(device: Device) -> str:
    """How the copy stands, in words."""
    return str(PackStanding(getattr(device, "pack_standing", PackStanding.NOT_MADE)).label)


def only_stale(rows: Any, yes: bool, _ask: lists.Ask) -> Any:
    """Devices that would show their people something old, or nothing; or all others."""
    return rows.filter(pack_standing__in=STALE) if yes else rows.exclude(pack_standing__in=STALE)


PACKS = lists.ListSpec(
    name="telemetry.packs",
    title=_("Packs on devices"),
    lead=_("Which edition of its site's pack each device would show today without a link."),
    columns=(
        lists.text("name", _("Device"), sort=True, fixed=True),
        lists.code(
            "site.code", _("Site"), url="telemetry:pack", args=("site.code",), sort="site__code"
        ),
        lists.text("site.name", _("Name"), sort="site__name"),
        lists.text("site.region.name", _("Region"), sort="site__region__name"),
        lists.template(
            "pack_standing",
            _("Copy"),
            template="telemetry/_pack_standing.html",
            value=standing_label,
            sort=True,
        ),
        lists.number("copy", _("Holds"), value=_copy("number"), sort="pack_copy__number"),
        lists.when("since", _("Since"), value=_copy("since"), sort="pack_copy__since"),
        lists.number("pack_number", _("In force"), sort=True),
        lists.when("pack_made_at", _("Made"), sort=True),
        lists.when("heard", _("Last asked"), value=_copy("heard_at"), sort="pack_copy__heard_at"),
        lists.when("state.last_received_at", _("Last heard"), sort="state__last_received_at"),
    ),
    filters=(
        lists.choice("standing", _("Copy"), choices=PackStanding.choices, field="pack_standing"),
        lists.yes_no("stale", _("Stale or missing"), apply=only_stale),
        lists.choice("region", _("Region"), choices=_regions, field="site__region__code"),
    ),
    search=("name", "site__code", "site__name"),
    default_sort="site.code",
    empty_title=_("No device here"),
    empty_text=_("Enrol a device; it fetches the pack of its site by itself."),
)


@require_safe
@needs("telemetry.view_sitepack")
def pack_list(request: SignedInRequest) -> HttpResponse:
    """Every device in service and its copy."""
    at = timezone.now()
    rows = Device.objects.visible_to(request.user).in_service().for_list()
    rows = with_pack(rows, at=at).select_related("site__region", "state", "pack_copy")
    return lists.list_response(request, PACKS, rows, at=at)
