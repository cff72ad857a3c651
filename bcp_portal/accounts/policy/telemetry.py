"""Doors of telemetry."""

from typing import Literal

from bcp_portal.shared.policy import PUBLIC, SIGNED_IN, Rule

_SEE, _DECIDE = "telemetry.see_conflict_values", "telemetry.decide_conflict"
_EDIT = "telemetry.edit_conflict_rules"


def _conflict(
    route: str, methods: str, permission: str, duty: Literal["one", "two"] = "one"
) -> Rule:
    """A door of the conflict desk: business content, for the technical role alone."""
    return Rule(
        route,
        methods,
        permission,
        scope="site",
        kind="conflict",
        sensitivity="content",
        duty=duty,
    )


CONFLICT_RULES: tuple[Rule, ...] = (
    _conflict("telemetry:conflicts", "GET", _SEE),
    _conflict("telemetry:conflicts_bulk", "POST", _DECIDE),
    _conflict("telemetry:conflict_rules", "GET", _EDIT),
    _conflict("telemetry:conflict_rule_add", "GET POST", _EDIT),
    _conflict("telemetry:conflict_rule_edit", "GET POST", _EDIT),
    _conflict("telemetry:conflict_rule_retire", "GET POST", _EDIT),
    _conflict("telemetry:conflict", "GET", _SEE),
    _conflict("telemetry:conflict_decide", "POST", _DECIDE),
    _conflict("telemetry:conflict_confirm", "POST", _DECIDE, "two"),
    _conflict("telemetry:conflict_refuse", "POST", _DECIDE),
    _conflict("telemetry:conflict_reopen", "POST", _DECIDE),
    _conflict("telemetry:conflict_take", "POST", _DECIDE),
    _conflict("telemetry:conflict_review", "POST", _DECIDE, "two"),
    _conflict("api:conflict-list", "GET", _SEE),
    _conflict("api:conflict-detail", "GET", _SEE),
    _conflict("api:conflict-decide", "POST", _DECIDE),
    _conflict("api:conflict-confirm", "POST", _DECIDE, "two"),
    _conflict("api:conflict-refuse", "POST", _DECIDE),
    _conflict("api:conflict-reopen", "POST", _DECIDE),
    _conflict("api:conflict-take", "POST", _DECIDE),
    _conflict("api:conflict-review", "POST", _DECIDE, "two"),
)

RULES: tuple[Rule, ...] = (
    Rule("telemetry:sites", "GET", "assets.view_site", scope="site", kind="site"),
    Rule("telemetry:site", "GET", "assets.view_site", scope="site", kind="site"),
    Rule("telemetry:site_history", "GET", "assets.view_site", scope="site", kind="site"),
    Rule("telemetry:packs", "GET", "telemetry.view_sitepack", scope="site", kind="device"),
    Rule(
        "telemetry:pack",
        "GET",
        "telemetry.view_sitepack",
        scope="site",
        kind="site",
        sensitivity="content",
    ),
    Rule(
        "telemetry:pack_file",
        "GET",
        "telemetry.view_sitepack",
        scope="site",
        kind="site",
        sensitivity="content",
    ),
    Rule(
        "telemetry:pack_report",
        "POST",
        "reports.request_report",
        scope="site",
        kind="site",
        sensitivity="content",
    ),
    Rule("telemetry:devices", "GET", "telemetry.view_device", scope="site", kind="device"),
    Rule("telemetry:sessions", "GET", "telemetry.view_syncsession", scope="site", kind="session"),
    Rule("telemetry:signals", "GET", "telemetry.view_signal", scope="site", kind="signal"),
    Rule("telemetry:rules", "GET", "telemetry.view_rulesetting", kind="rule"),
    Rule("telemetry:rule", "GET", "telemetry.view_rulesetting", kind="rule"),
    Rule("telemetry:rule_set", "GET POST", "telemetry.tune_rule", kind="rule"),
    Rule("telemetry:devices_bulk", "POST", "telemetry.enrol_device", scope="site", kind="device"),
    Rule(
        "telemetry:device_enrol",
        "GET POST",
        "telemetry.enrol_device",
        scope="site",
        kind="device",
        sensitivity="secret",
    ),
    # Whoever holds a device may say that it is gone.
    Rule("telemetry:report_lost", "GET POST", SIGNED_IN, scope="site", kind="device"),
    Rule("telemetry:losses", "GET", "telemetry.view_device", scope="site", kind="device"),
    Rule("telemetry:loss", "GET", SIGNED_IN, scope="site", kind="device"),
    Rule(
        "telemetry:loss_settle", "GET POST", "telemetry.enrol_device", scope="site", kind="device"
    ),
    Rule("telemetry:witnesses", "GET", "telemetry.view_device", scope="site", kind="device"),
    Rule("telemetry:witness_summary", "GET", "telemetry.view_device", scope="site", kind="device"),
    Rule(
        "telemetry:witness_settle",
        "GET POST",
        "telemetry.settle_witness",
        scope="site",
        kind="device",
        duty="two",
    ),
    Rule("telemetry:monitors", "GET", "telemetry.enrol_device", scope="site", kind="monitor"),
    Rule(
        "telemetry:ping_add",
        "GET POST",
        "telemetry.enrol_device",
        scope="site",
        kind="monitor",
        sensitivity="secret",
    ),
    Rule("telemetry:ping_retire", "POST", "telemetry.enrol_device", scope="site", kind="monitor"),
    Rule(
        "telemetry:source_add",
        "GET POST",
        "telemetry.enrol_device",
        scope="site",
        kind="monitor",
        sensitivity="secret",
    ),
    Rule(
        "telemetry:mapping_add",
        "GET POST",
        "telemetry.enrol_device",
        scope="site",
        kind="monitor",
        sensitivity="secret",
    ),
    Rule(
        "telemetry:mapping_edit", "GET POST", "telemetry.enrol_device", scope="site", kind="monitor"
    ),
    Rule("telemetry:source_revoke", "POST", "telemetry.enrol_device", scope="site", kind="monitor"),
    Rule("telemetry:orders", "GET", "telemetry.view_order", scope="site", kind="order"),
    Rule("telemetry:order_sites", "GET", "telemetry.view_order", scope="site", kind="order"),
    Rule(
        "telemetry:exposure_of_asset", "GET", "telemetry.view_stream", scope="site", kind="stream"
    ),
    Rule("telemetry:orders_of_site", "GET", "telemetry.view_order", scope="site", kind="order"),
    Rule("telemetry:orders_of_incident", "GET", "telemetry.view_order", scope="site", kind="order"),
    Rule("telemetry:order", "GET", "telemetry.view_order", scope="site", kind="order"),
    Rule(
        "telemetry:order_give",
        "GET POST",
        "telemetry.give_order",
        scope="site",
        kind="order",
        duty="two",
    ),
    Rule(
        "telemetry:order_by_hand",
        "GET POST",
        "telemetry.give_order",
        scope="site",
        kind="order",
        sensitivity="secret",
    ),
    Rule(
        "telemetry:order_lift",
        "GET POST",
        "telemetry.give_order",
        scope="site",
        kind="order",
        duty="two",
    ),
    Rule(
        "telemetry:order_approve",
        "POST",
        "telemetry.approve_order",
        scope="site",
        kind="order",
        duty="two",
    ),
    Rule(
        "telemetry:order_confirm",
        "POST",
        "telemetry.approve_order",
        scope="site",
        kind="order",
        duty="two",
    ),
    Rule("telemetry:order_refuse", "GET POST", "telemetry.view_order", scope="site", kind="order"),
    Rule(
        "telemetry:order_review",
        "GET POST",
        "telemetry.approve_order",
        scope="site",
        kind="order",
        duty="two",
    ),
    Rule("telemetry:reconciliations", "GET", "telemetry.view_order", scope="site", kind="order"),
    Rule(
        "telemetry:reconcile",
        "GET POST",
        "telemetry.approve_order",
        scope="site",
        kind="order",
        duty="two",
    ),
    Rule("telemetry:rebuilds", "GET", "telemetry.view_order", kind="rebuild"),
    Rule("telemetry:rebuild", "GET", "telemetry.view_order", kind="rebuild"),
    Rule("telemetry:rebuild_open", "GET POST", "telemetry.give_order", kind="rebuild"),
    Rule("telemetry:rebuild_bring", "GET POST", "telemetry.give_order", kind="rebuild"),
    Rule(
        "telemetry:rebuild_close",
        "GET POST",
        "telemetry.approve_order",
        kind="rebuild",
        duty="two",
    ),
    Rule(
        "telemetry:site_copy",
        "GET POST",
        "telemetry.approve_order",
        scope="site",
        kind="rebuild",
        duty="two",
    ),
    Rule(
        "telemetry:site_copy_records",
        "GET",
        "telemetry.approve_order",
        scope="site",
        kind="rebuild",
        sensitivity="content",
    ),
    Rule("api:rebuild-list", "GET", "telemetry.view_order", kind="rebuild"),
    Rule("api:rebuild-detail", "GET", "telemetry.view_order", kind="rebuild"),
    Rule("telemetry:waves", "GET", "telemetry.view_order", scope="site", kind="wave"),
    Rule("telemetry:wave", "GET", "telemetry.view_order", scope="site", kind="wave"),
    Rule("telemetry:wave_plan", "GET POST", "telemetry.give_order", scope="site", kind="wave"),
    Rule(
        "telemetry:wave_ask", "POST", "telemetry.give_order", scope="site", kind="wave", duty="two"
    ),
    Rule(
        "telemetry:wave_approve",
        "POST",
        "telemetry.approve_order",
        scope="site",
        kind="wave",
        duty="two",
    ),
    Rule("telemetry:wave_pause", "GET POST", "telemetry.give_order", scope="site", kind="wave"),
    Rule("telemetry:wave_call_off", "GET POST", "telemetry.give_order", scope="site", kind="wave"),
    Rule("api:order-list", "GET", "telemetry.view_order", scope="site", kind="order"),
    Rule("api:order-detail", "GET", "telemetry.view_order", scope="site", kind="order"),
    Rule("api:site-list", "GET", "assets.view_site", scope="site", kind="site"),
    Rule("api:site-detail", "GET", "assets.view_site", scope="site", kind="site"),
    Rule("api:device-list", "GET", "telemetry.view_device", scope="site", kind="device"),
    Rule("api:device-detail", "GET", "telemetry.view_device", scope="site", kind="device"),
    Rule("api:stream-list", "GET", "telemetry.view_stream", scope="site", kind="stream"),
    Rule("api:stream-detail", "GET", "telemetry.view_stream", scope="site", kind="stream"),
    Rule(
        "api:sync-session-list", "GET", "telemetry.view_syncsession", scope="site", kind="session"
    ),
    Rule(
        "api:sync-session-detail", "GET", "telemetry.view_syncsession", scope="site", kind="session"
    ),
    *CONFLICT_RULES,
    Rule("api:signal-list", "GET", "telemetry.view_signal", scope="site", kind="signal"),
    Rule("api:signal-detail", "GET", "telemetry.view_signal", scope="site", kind="signal"),
    # Jobs and monitors elsewhere: the key in the address opens, not a sign-in.
    Rule("ping", "GET POST", PUBLIC, sensitivity="public"),
    Rule("ping-slash", "GET POST", PUBLIC, sensitivity="public"),
    Rule("ping-ending", "GET POST", PUBLIC, sensitivity="public"),
    Rule("hook-alertmanager", "POST", PUBLIC, sensitivity="public"),
    Rule("hook-grafana", "POST", PUBLIC, sensitivity="public"),
    Rule("hook-generic", "POST", PUBLIC, sensitivity="public"),
)
