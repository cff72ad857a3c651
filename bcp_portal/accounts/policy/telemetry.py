"""Doors of telemetry."""

from bcp_portal.shared.policy import PUBLIC, Rule

RULES: tuple[Rule, ...] = (
    Rule("telemetry:sites", "GET", "assets.view_site", scope="site", kind="site"),
    Rule("telemetry:site", "GET", "assets.view_site", scope="site", kind="site"),
    Rule("telemetry:devices", "GET", "telemetry.view_device", scope="site", kind="device"),
    Rule("telemetry:sessions", "GET", "telemetry.view_syncsession", scope="site", kind="session"),
    Rule("telemetry:signals", "GET", "telemetry.view_signal", scope="site", kind="signal"),
    Rule("telemetry:devices_bulk", "POST", "telemetry.enrol_device", scope="site", kind="device"),
    Rule(
        "telemetry:device_enrol",
        "GET POST",
        "telemetry.enrol_device",
        scope="site",
        kind="device",
        sensitivity="secret",
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
    Rule("telemetry:source_revoke", "POST", "telemetry.enrol_device", scope="site", kind="monitor"),
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
    Rule(
        "api:conflict-list",
        "GET",
        "telemetry.view_conflictreport",
        scope="site",
        kind="conflict",
        sensitivity="content",
    ),
    Rule(
        "api:conflict-detail",
        "GET",
        "telemetry.view_conflictreport",
        scope="site",
        kind="conflict",
        sensitivity="content",
    ),
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
