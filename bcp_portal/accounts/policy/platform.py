"""Doors of the platform rooms."""

from bcp_portal.shared.policy import PUBLIC, SIGNED_IN, Rule

RULES: tuple[Rule, ...] = (
    Rule("healthz", "GET", PUBLIC, sensitivity="public"),
    Rule("readyz", "GET", PUBLIC, sensitivity="public"),
    Rule("healthz-engine", "GET", PUBLIC, sensitivity="public"),
    Rule("metrics", "GET", PUBLIC, sensitivity="public"),
    Rule("set_language", "POST", PUBLIC, sensitivity="public"),
    Rule("schema", "GET", SIGNED_IN),
    Rule("api-docs", "GET", SIGNED_IN),
    Rule(
        "audit:trail", "GET", "audit.view_auditrow", scope="all", kind="audit", sensitivity="secret"
    ),
    Rule("dashboard:home", "GET", SIGNED_IN, scope="site", kind="site"),
    Rule("accounts:view_save", "POST", SIGNED_IN, scope="own", kind="saved_view"),
    Rule("accounts:view_forget", "POST", SIGNED_IN, scope="own", kind="saved_view"),
    Rule("reports:list", "GET", "reports.request_report", scope="own", sensitivity="content"),
    Rule("reports:detail", "GET", "reports.request_report", scope="own", sensitivity="content"),
    Rule("reports:download", "GET", "reports.request_report", scope="own", sensitivity="content"),
)
