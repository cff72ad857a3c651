"""Doors of telemetry."""

from bcp_portal.shared.policy import PUBLIC, Rule

RULES: tuple[Rule, ...] = (
    Rule("telemetry:sites", "GET", "assets.view_site", scope="site", kind="site"),
    Rule("telemetry:site", "GET", "assets.view_site", scope="site", kind="site"),
    Rule("telemetry:devices", "GET", "telemetry.view_device", scope="site", kind="device"),
    Rule("telemetry:sessions", "GET", "telemetry.view_syncsession", scope="site", kind="session"),
    Rule("telemetry:signals", "GET", "telemetry.view_signal", scope="site", kind="signal"),
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
