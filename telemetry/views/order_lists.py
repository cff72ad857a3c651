"""The order board: every order, and every site that does not do what is wanted."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from assets.scope import visible_regions
from bcp_portal.shared import lists
from bcp_portal.shared.pages import SignedInRequest, needs
from telemetry.models import ApprovalClass, DesiredState, NodeState, Order, OrderAction, OrderStatus
from telemetry.ordering.board import for_board


def _waiting(rows: Any, yes: bool, _ask: lists.Ask) -> Any:
    return rows.filter(behind_count__gt=0) if yes else rows.filter(behind_count=0)


def _contradicted(rows: Any, yes: bool, _ask: lists.Ask) -> Any:
    return rows.filter(pk__in=DesiredState.objects.contradicted().values("pk")) if yes else rows


def _regions(ask: lists.Ask) -> list[tuple[str, str]]:
    return list(visible_regions(ask.user).order_by("name").values_list("code", "name"))


ORDERS = lists.ListSpec(
    name="telemetry.orders",
    title=_("Orders"),
    columns=(
        lists.code("code", _("Code"), url="telemetry:order", args=("code",), sort="number"),
        lists.text("action", _("Order"), value=lambda row: row.get_action_display(), sort="action"),
        lists.badge("status", _("Status"), sort=True),
        lists.number("site_count", _("Sites"), sort=True),
        lists.template(
            "standing",
            _("Not yet applied"),
            template="telemetry/_order_standing.html",
            value=lambda row: row.behind_count,
            sort="red_count",
        ),
        lists.text("reason", _("Reason")),
        lists.text("approval_class", _("Class"), sort=True),
        lists.person("requested_by", _("Given by"), sort="requested_by__first_name"),
        lists.template(
            "second",
            _("Second person"),
            template="telemetry/_order_second.html",
            value=lambda row: row.confirmed_by.name if row.confirmed_by else "",
        ),
        lists.when("requested_at", _("Given"), sort=True),
        lists.when("in_force_at", _("In force"), sort=True, shown=False),
        lists.when("ended_at", _("Ended"), sort=True, shown=False),
        lists.text("incident_code", _("Incident"), sort=True, shown=False),
        lists.number(
            "red_count", _("Reachable, not applied"), value=lambda row: row.red_count, shown=False
        ),
    ),
    filters=(
        lists.choice("status", _("Status"), choices=OrderStatus.choices),
        lists.choice("action", _("Order"), choices=OrderAction.choices),
        lists.yes_no("waiting", _("Not yet applied"), apply=_waiting),
        lists.choice("class", _("Class"), choices=ApprovalClass.choices, field="approval_class"),
        lists.yes_no("break_glass", _("Glass broken"), field="is_break_glass"),
        lists.dates("requested_at", _("Given")),
    ),
    search=("code", "reason", "incident_code", "requested_by__first_name"),
    default_sort="-code",
    empty_title=_("No orders yet"),
    empty_text=_("What a site is told to do, signed, and whether it has done it."),
    empty_url="telemetry:order_give",
    empty_label=_("Give an order"),
)

STATES = lists.ListSpec(
    name="telemetry.order_sites",
    title=_("Sites under orders"),
    columns=(
        lists.code(
            "site.code", _("Site"), url="telemetry:site", args=("site.code",), sort="site__code"
        ),
        lists.text("site.name", _("Name"), sort="site__name"),
        lists.template(
            "state",
            _("State"),
            template="telemetry/_ordered_site_state.html",
            value=lambda row: row.site.state.get_node_state_display() if _seen(row) else "",
            sort="site__state__node_state",
        ),
        lists.text("mode", _("Mode"), sort=True),
        lists.text("sync", _("Sync"), value=lambda row: _sync_words(row)),
        lists.template(
            "rungs",
            _("Devices"),
            template="telemetry/_rungs.html",
            value=lambda row: ", ".join(told.rung for told in row.deliveries.all()),
        ),
        lists.text("because", _("By"), value=lambda row: ", ".join(row.document["because"])),
        lists.number("epoch", _("Number"), sort=True),
        lists.when("published_at", _("Published"), sort=True),
        lists.text("site.region.name", _("Region"), sort="site__region__name", shown=False),
    ),
    filters=(
        lists.yes_no("red", _("Reachable, not applied"), apply=_contradicted),
        lists.yes_no(
            "waiting",
            _("Not yet applied"),
            apply=lambda rows, yes, _ask: (
                rows.filter(pk__in=DesiredState.objects.unapplied().values("pk"))
                if yes
                else rows.exclude(pk__in=DesiredState.objects.unapplied().values("pk"))
            ),
        ),
        lists.choice("region", _("Region"), choices=_regions, field="site__region__code"),
        lists.choice(
            "state", _("State"), choices=NodeState.choices, field="site__state__node_state"
        ),
    ),
    search=("site__code", "site__name"),
    default_sort="site.code",
    default_filters={"waiting": ("yes",)},
    empty_title=_("No site is under orders"),
    empty_text=_("Each site stands here with what it was told and what it answered."),
)


def _seen(row: DesiredState) -> object:
    return getattr(row.site, "state", None)


def _sync_words(row: DesiredState) -> str:
    return ", ".join(f"{name}: {what}" for name, what in row.document["sync"].items())


def tabs(request: SignedInRequest, active: str) -> list[dict[str, Any]]:
    """The tabs of the order board."""
    names = (
        ("telemetry:orders", ORDERS.title),
        ("telemetry:order_sites", STATES.title),
        ("telemetry:reconciliations", _("Books to close")),
        ("telemetry:rebuilds", _("Rebuilding the centre")),
    )
    return [
        {"label": label, "url": reverse(name), "active": name == active} for name, label in names
    ]


@require_safe
@needs("telemetry.view_order")
def order_list(request: SignedInRequest) -> HttpResponse:
    """Every order, with the sites that do not obey: red could, grey will on return."""
    rows = for_board(Order.objects.visible_to(request.user).for_list())
    extra: dict[str, Any] = {"tabs": tabs(request, "telemetry:orders")}
    if request.user.has_perm("telemetry.give_order"):
        url = reverse("telemetry:order_give")
        extra["title_buttons"] = [{"url": url, "label": _("Give an order"), "primary": True}]
    return lists.list_response(request, ORDERS, rows, at=timezone.now(), extra=extra)


@require_safe
@needs("telemetry.view_order")
def state_list(request: SignedInRequest) -> HttpResponse:
    """Every site under orders, and how far its devices have come."""
    rows = DesiredState.objects.visible_to(request.user).current().for_list()
    rows = rows.prefetch_related("deliveries__device__state")
    extra = {"tabs": tabs(request, "telemetry:order_sites")}
    return lists.list_response(request, STATES, rows, at=timezone.now(), extra=extra)
