"""Doors of the platform rooms."""

from bcp_portal.shared.policy import PUBLIC, SIGNED_IN, Rule


def _people(name: str, methods: str) -> Rule:
    return Rule(f"accounts:{name}", methods, "accounts.manage_people", scope="all", kind="user")


def _own(name: str, methods: str) -> Rule:
    return Rule(f"accounts:{name}", methods, SIGNED_IN, scope="own", kind="user")


def _trail(name: str, methods: str) -> Rule:
    return Rule(
        f"audit:{name}",
        methods,
        "audit.view_auditrow",
        scope="all",
        kind="audit",
        sensitivity="secret",
    )


def _report(name: str, methods: str) -> Rule:
    return Rule(
        f"reports:{name}", methods, "reports.request_report", scope="own", sensitivity="content"
    )


RULES: tuple[Rule, ...] = (
    Rule("healthz", "GET", PUBLIC, sensitivity="public"),
    Rule("readyz", "GET", PUBLIC, sensitivity="public"),
    Rule("healthz-engine", "GET", PUBLIC, sensitivity="public"),
    Rule("metrics", "GET", PUBLIC, sensitivity="public"),
    Rule("set_language", "POST", PUBLIC, sensitivity="public"),
    Rule("accounts:single_sign_on", "GET", PUBLIC, sensitivity="public"),
    Rule("accounts:single_sign_on_back", "GET", PUBLIC, sensitivity="public"),
    _own("single_sign_on_again", "GET"),
    Rule("schema", "GET", SIGNED_IN),
    Rule("api-docs", "GET", SIGNED_IN),
    _trail("trail", "GET"),
    _trail("row", "GET"),
    _trail("about", "GET"),
    _trail("export", "POST"),
    Rule("engine:holds", "GET", "engine.view_engine", scope="all", kind="call_hold"),
    Rule(
        "engine:holds_release",
        "POST",
        "engine.change_callhold",
        scope="all",
        kind="call_hold",
        duty="two",
    ),
    Rule("dashboard:home", "GET", SIGNED_IN, scope="site", kind="site"),
    _people("people", "GET"),
    _people("person_add", "GET POST"),
    _people("person", "GET"),
    _people("person_edit", "GET POST"),
    _people("person_roles", "GET POST"),
    _people("person_access", "GET POST"),
    _people("person_deactivate", "GET POST"),
    _people("person_reactivate", "GET POST"),
    _people("person_hand_over", "GET POST"),
    _people("person_erase", "GET POST"),
    Rule("accounts:reviews", "GET", "accounts.view_accessreview", scope="all", kind="user"),
    Rule("accounts:review", "GET", "accounts.view_accessreview", scope="all", kind="user"),
    Rule("accounts:reviews_decide", "POST", "accounts.decide_access", scope="all", kind="user"),
    Rule("accounts:review_open", "POST", "accounts.manage_people", scope="all", kind="user"),
    Rule(
        "accounts:grant_agree",
        "POST",
        "accounts.second_grant",
        scope="all",
        kind="user",
        duty="two",
    ),
    Rule("accounts:grant_refuse", "POST", "accounts.second_grant", scope="all", kind="user"),
    Rule(
        "reports:access_review",
        "POST",
        "reports.request_report",
        scope="all",
        kind="user",
        sensitivity="content",
    ),
    _own("training", "GET"),
    _own("course", "GET POST"),
    Rule("accounts:course_ask", "GET POST", "accounts.run_training", scope="all", kind="course"),
    Rule("reports:training", "POST", "reports.request_report", scope="all", kind="course"),
    Rule("reports:training_sheet", "GET", "accounts.view_completion", scope="all", kind="course"),
    Rule("reports:evidence", "GET", "reports.view_evidence", scope="all", sensitivity="content"),
    Rule(
        "reports:evidence_report",
        "POST",
        "reports.request_report",
        scope="all",
        sensitivity="content",
    ),
    Rule("api:report-list", "GET", "reports.request_report", scope="own", kind="report"),
    Rule("api:report-detail", "GET", "reports.request_report", scope="own", kind="report"),
    *(
        Rule(
            f"api:audit-{name}",
            "GET",
            "audit.view_auditrow",
            scope="all",
            kind="audit",
            sensitivity="secret",
        )
        for name in ("list", "detail")
    ),
    Rule("reports:auditors_pack", "POST", "audit.view_auditrow", scope="all", sensitivity="secret"),
    _own("profile", "GET POST"),
    _own("desk_lock", "GET POST"),
    _own("contact_add", "POST"),
    _own("contact_remove", "POST"),
    _own("contact_prefer", "POST"),
    _own("contact_verify", "POST"),
    _own("contact_quiet", "POST"),
    _own("token_add", "POST"),
    _own("token_revoke", "POST"),
    Rule("accounts:view_save", "POST", SIGNED_IN, scope="own", kind="saved_view"),
    Rule("accounts:view_forget", "POST", SIGNED_IN, scope="own", kind="saved_view"),
    _report("overviews", "GET"),
    _report("overview", "GET"),
    _report("overview_paper", "POST"),
    _report("overview_sheet", "POST"),
    _report("delivery_add", "GET POST"),
    _report("delivery_end", "POST"),
    Rule("reports:exports", "GET", "audit.view_auditrow", scope="all", sensitivity="secret"),
    Rule("reports:list", "GET", "reports.request_report", scope="own", sensitivity="content"),
    Rule("reports:detail", "GET", "reports.request_report", scope="own", sensitivity="content"),
    Rule("reports:download", "GET", "reports.request_report", scope="own", sensitivity="content"),
)
