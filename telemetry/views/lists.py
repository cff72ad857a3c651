"""The lists of the Sync section: sites, devices, sessions, signals."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from assets.models import Site
from assets.models.site import Criticality, SiteKind
from assets.scope import visible_regions
from bcp_portal.shared import lists
from bcp_portal.shared.pages import SignedInRequest, needs
from telemetry.forms.sources import WhyForm
from telemetry.models import (
    Device,
    NodeState,
    Signal,
    SignalRule,
    SyncOutcome,
    SyncSession,
    with_pack,
)
from telemetry.services.device import revoke_device
from telemetry.views.pack_list import only_stale, standing_label
from telemetry.wording import signal_title


def _regions(ask: lists.Ask) -> list[tuple[str, str]]:
    visible = visible_regions(ask.user)
    return list(visible.order_by("name").values_list("code", "name"))


def _by_age(rows: Any, yes: bool, _ask: lists.Ask) -> Any:
    return rows.filter(closed_at=None) if yes else rows.exclude(closed_at=None)


SITES = lists.ListSpec(
    name="telemetry.sites",
    title=_("Sites"),
    columns=(
        lists.code("code", _("Code"), url="telemetry:site", args=("code",)),
        lists.text("name", _("Name"), sort=True),
        lists.template(
            "state",
            _("State"),
            template="telemetry/_site_state.html",
            value=lambda site: site.state.get_node_state_display() if _state(site) else "",
            sort="state__node_state",
            alike=True,
        ),
        lists.text("region.name", _("Region"), sort="region__name"),
        lists.text("provider", _("Provider"), sort=True),
        lists.number("criticality", _("Criticality"), sort=True),
        lists.number("state.pending_records", _("Not yet synced"), sort="state__pending_records"),
        lists.when("state.oldest_pending_at", _("Oldest"), sort="state__oldest_pending_at"),
        lists.template(
            "rpo",
            _("RPO clock"),
            template="telemetry/_rpo_clock.html",
            value=lambda site: site.state.rpo_due_at if _state(site) else None,
            sort="state__rpo_due_at",
        ),
        lists.when("state.last_received_at", _("Last heard"), sort="state__last_received_at"),
        lists.text("kind", _("Kind"), value=lambda site: site.get_kind_display(), shown=False),
        lists.text("shard", _("Shard"), sort=True, shown=False),
    ),
    filters=(
        lists.choice("state", _("State"), choices=NodeState.choices, field="state__node_state"),
        lists.choice("region", _("Region"), choices=_regions, field="region__code"),
        lists.choice("kind", _("Kind"), choices=SiteKind.choices),
        lists.choice("criticality", _("Criticality"), choices=Criticality.choices),
    ),
    search=("code", "name", "region__name", "provider"),
    default_sort="code",
    empty_title=_("No sites yet"),
    empty_text=_("A site is a place with devices of its own, which may lose its link."),
    empty_url="assets:site_open",
    empty_label=_("Open a site"),
)


def _state(site: Site) -> object:
    return getattr(site, "state", None)


def _standing(device: Device) -> str:
    """What the device is; one that is revoked is nothing else any more."""
    if device.revoked_at:
        return str(_("Revoked"))
    state = getattr(device, "state", None)
    return str(state.get_node_state_display() if state else _("Never heard"))


DEVICES = lists.ListSpec(
    name="telemetry.devices",
    title=_("Devices"),
    columns=(
        lists.code(
            "name", _("Name"), url="telemetry:device", args=("node_id",), sort=True, fixed=True
        ),
        lists.code(
            "site.code", _("Site"), url="telemetry:site", args=("site.code",), sort="site__code"
        ),
        lists.template(
            "state",
            _("State"),
            template="telemetry/_device_state.html",
            value=_standing,
            sort="state__node_state",
            alike=True,
        ),
        lists.text("kind", _("Kind"), sort=True),
        lists.when("state.last_received_at", _("Last heard"), sort="state__last_received_at"),
        lists.when("state.last_sync_ok_at", _("Last sync"), sort="state__last_sync_ok_at"),
        lists.number("state.clock_offset_ms", _("Clock offset"), unit="ms", shown=False),
        lists.number("state.duplicates", _("Repeats"), sort="state__duplicates"),
        lists.number("state.rejected", _("Refused"), sort="state__rejected"),
        lists.template(
            "pack_standing",
            _("Pack"),
            template="telemetry/_pack_standing.html",
            value=standing_label,
            sort=True,
            alike=True,
            perm="telemetry.view_sitepack",
        ),
        lists.when("enrolled_at", _("Enrolled"), sort=True, shown=False),
        lists.when("revoked_at", _("Revoked"), sort=True, shown=False),
    ),
    filters=(
        lists.choice("state", _("State"), choices=NodeState.choices, field="state__node_state"),
        lists.yes_no(
            "revoked",
            _("Revoked"),
            apply=lambda rows, yes, _ask: rows.filter(revoked_at__isnull=not yes),
        ),
        lists.yes_no("stale_pack", _("Pack stale or missing"), apply=only_stale),
    ),
    search=("name", "site__code", "site__name"),
    default_sort="site.code",
    bulk=(
        lists.BulkAction(
            "revoke",
            _("Revoke"),
            perm="telemetry.enrol_device",
            run=revoke_device,
            row="device",
            form=WhyForm,
            confirm=_("Nothing these devices send is taken any more. Revoke them?"),
        ),
    ),
    bulk_url="telemetry:devices_bulk",
    empty_title=_("No devices yet"),
    empty_text=_("Its agent reports what waits and whether the link holds."),
    empty_url="telemetry:device_enrol",
    empty_label=_("Enrol a device"),
)

SESSIONS = lists.ListSpec(
    name="telemetry.sessions",
    title=_("Sync sessions"),
    columns=(
        lists.when("started_at", _("Started"), sort=True, fixed=True),
        lists.code(
            "device.site.code",
            _("Site"),
            url="telemetry:site",
            args=("device.site.code",),
            sort="device__site__code",
        ),
        lists.text("stream_name", _("Stream"), sort=True),
        lists.badge("outcome", _("Outcome"), sort=True),
        lists.bool_("is_mismatch", _("Checksum differs"), sort=True),
        lists.number("duration_ms", _("Duration"), unit="ms", sort=True),
        lists.number("records_out", _("Sent"), sort=True),
        lists.number("records_in", _("Received"), sort=True),
        lists.number("conflicts_flagged", _("Conflicts"), sort=True),
        lists.text("engine", _("Engine"), sort=True, shown=False),
        lists.text("peer", _("Peer"), shown=False),
        lists.when("received_at", _("Reported"), sort=True, shown=False),
    ),
    filters=(
        lists.choice("outcome", _("Outcome"), choices=SyncOutcome.choices),
        lists.yes_no("is_mismatch", _("Checksum differs")),
        lists.dates("started_at", _("Started")),
    ),
    search=("device__site__code", "stream_name", "peer"),
    default_sort="-started_at",
    empty_title=_("No synchronisation yet"),
    empty_text=_("What each device brought home, how long it took and what went wrong."),
)

SIGNALS = lists.ListSpec(
    name="telemetry.signals",
    title=_("Signals"),
    columns=(
        lists.when("opened_at", _("Concluded"), sort=True, fixed=True),
        lists.text("title", _("What"), value=signal_title),
        lists.text("rule", _("Rule"), value=lambda signal: signal.get_rule_display(), sort=True),
        lists.number("severity", _("Severity"), sort=True),
        lists.when("began_at", _("Began"), sort=True),
        lists.when("closed_at", _("Over"), sort=True),
        lists.template(
            "sums", _("Sums"), template="telemetry/_sums.html", value=lambda signal: signal.sums
        ),
    ),
    filters=(
        lists.choice("rule", _("Rule"), choices=SignalRule.choices),
        lists.yes_no("open", _("Still open"), apply=_by_age),
        lists.dates("opened_at", _("Concluded")),
    ),
    search=("key", "title"),
    default_sort="-opened_at",
    empty_title=_("Nothing has been concluded yet"),
    empty_text=_("What follows from the reports and the silence of the sites stands here."),
)


@require_safe
@needs("assets.view_site")
def site_list(request: SignedInRequest) -> HttpResponse:
    """Every site with its state, its queue and its RPO clock."""
    rows = (
        Site.objects.visible_to(request.user)
        .filter(closed_on=None)
        .select_related("region", "state")
    )
    return lists.list_response(request, SITES, rows, at=timezone.now())


@require_safe
@needs("telemetry.view_device")
def device_list(request: SignedInRequest) -> HttpResponse:
    """Every device."""
    at = timezone.now()
    rows = with_pack(Device.objects.visible_to(request.user).for_list(), at=at)
    lost: dict[str, object] = {"url": reverse("telemetry:losses"), "label": _("Lost and damaged")}
    buttons: list[dict[str, object]] = [lost]
    if request.user.has_perm("telemetry.view_sitepack"):
        buttons.append({"url": reverse("telemetry:packs"), "label": _("Packs on devices")})
    if request.user.has_perm("telemetry.enrol_device"):
        buttons.append({"url": reverse("telemetry:device_import"), "label": _("Import")})
        url = reverse("telemetry:device_enrol")
        buttons.append({"url": url, "label": _("Enrol a device"), "primary": True})
    return lists.list_response(request, DEVICES, rows, at=at, extra={"title_buttons": buttons})


@require_POST
@needs("telemetry.enrol_device")
def device_bulk(request: SignedInRequest) -> HttpResponse:
    """What a selection of devices is told."""
    at = timezone.now()
    rows = with_pack(Device.objects.visible_to(request.user).for_list(), at=at)
    return lists.bulk_response(request, DEVICES, rows, at=at)


@require_safe
@needs("telemetry.view_syncsession")
def session_list(request: SignedInRequest) -> HttpResponse:
    """Every exchange of data."""
    rows = SyncSession.objects.visible_to(request.user).for_list()
    return lists.list_response(request, SESSIONS, rows, at=timezone.now())


@require_safe
@needs("telemetry.view_signal")
def signal_list(request: SignedInRequest) -> HttpResponse:
    """Every conclusion from telemetry, with its sums."""
    rows = Signal.objects.visible_to(request.user)
    return lists.list_response(request, SIGNALS, rows, at=timezone.now())
