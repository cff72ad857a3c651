"""Pages of incidents."""

from bcp_portal.shared.policy import PUBLIC, SIGNED_IN, Rule


def _page(route: str, permission: str, methods: str = "GET", kind: str = "incident") -> Rule:
    return Rule(
        f"incidents:{route}", methods, permission, scope="site", kind=kind, sensitivity="content"
    )


def _plan(route: str, permission: str, methods: str = "GET") -> Rule:
    return Rule(f"incidents:{route}", methods, permission, scope="all", kind="plan")


_FORM = "GET POST"
_SEE = "incidents.view_escalationpolicy"

RULES: tuple[Rule, ...] = (
    Rule("incidents:service_worker", "GET", PUBLIC, sensitivity="public"),
    Rule("incidents:offline", "GET", PUBLIC, sensitivity="public"),
    Rule("incidents:web_manifest", "GET", PUBLIC, sensitivity="public"),
    Rule("incidents:lease_state", "GET", PUBLIC, sensitivity="public"),
    Rule("incidents:offline_devices", "GET", SIGNED_IN, scope="own", kind="offline device"),
    Rule("incidents:offline_device_lost", "POST", SIGNED_IN, scope="own", kind="offline device"),
    Rule("incidents:offline_import", "GET", "incidents.work_incident"),
    _page("list", "incidents.view_incident"),
    _page("declare", "incidents.declare_incident", _FORM),
    _page("for_asset", "incidents.view_incident"),
    _page("for_site", "incidents.view_incident"),
    _page("detail", "incidents.view_incident"),
    _page("acknowledge", "incidents.work_incident", "POST"),
    _page("take_command", "incidents.run_incident", "POST"),
    _page("respond", "incidents.run_incident", "POST"),
    _page("contain", "incidents.run_incident", "POST"),
    _page("eradicate", "incidents.run_incident", "POST"),
    _page("eradicated", "incidents.run_incident", "POST"),
    _page("recover", "incidents.run_incident", "POST"),
    _page("close", "incidents.close_incident", "POST"),
    _page("close_early", "incidents.close_incident", _FORM),
    _page("call_off", "incidents.run_incident", _FORM),
    _page("severity", "incidents.run_incident", _FORM),
    _page("note", "incidents.work_incident", _FORM),
    _page("sensitive", "incidents.run_incident", _FORM),
    _page("lift_decide", "incidents.run_incident", "POST"),
    _page("team_add", "incidents.run_incident", _FORM),
    _page("team_join", "incidents.run_incident", _FORM, kind="team"),
    _page("team_leave", "incidents.run_incident", "POST", kind="team"),
    _page("team_end", "incidents.run_incident", "POST", kind="team"),
    _plan("authority", _SEE),
    _plan("authority_change", "incidents.change_escalationpolicy", _FORM),
    _plan("severity_matrix", _SEE),
    _plan("severity_matrix_change", "incidents.change_escalationpolicy", _FORM),
    _page("name_person", "incidents.run_incident", _FORM),
    _page("unname_person", "incidents.run_incident", "POST"),
    _page("role", "incidents.run_incident", _FORM),
    _page("run", "incidents.run_incident", _FORM),
    _page("decide", "incidents.run_incident", _FORM),
    _page("update", "incidents.publish_update", _FORM),
    _page("promise", "incidents.handle_actionitem", _FORM),
    _page("reporting_start", "incidents.run_incident", _FORM),
    _page("reporting_told", "incidents.publish_update", _FORM, kind="duty to tell"),
    _page("reporting_waive", "incidents.run_incident", _FORM, kind="duty to tell"),
    _plan("reporting_rules", "incidents.view_statusupdate"),
    _plan("reporting_rule_add", "incidents.change_updatetemplate", _FORM),
    _plan("reporting_rule", "incidents.change_updatetemplate", _FORM),
    _plan("reporting_rule_retire", "incidents.change_updatetemplate", "POST"),
    _page("report_request", "reports.request_report", "POST"),
    _page("report_markdown", "reports.request_report"),
    _page("report_json", "reports.request_report"),
    _page("review", "incidents.view_review", _FORM, kind="review"),
    _page("review_open", "incidents.change_review", "POST", kind="review"),
    _page("review_sign", "incidents.sign_off_review", "POST", kind="review"),
    _page("review_reopen", "incidents.sign_off_review", "POST", kind="review"),
    _page("cause_add", "incidents.change_review", "POST", kind="review"),
    _page("cause_change", "incidents.change_review", "POST", kind="review"),
    _page("cause_cite", "incidents.change_review", "POST", kind="review"),
    _page("cause_remove", "incidents.change_review", "POST", kind="review"),
    _page("step_complete", "incidents.work_incident", "POST", kind="step"),
    _page("step_switch", "assets.switch_failover", _FORM, kind="step"),
    _page("step_skip", "incidents.work_incident", "POST", kind="step"),
    _page("step_reopen", "incidents.work_incident", "POST", kind="step"),
    _page("operation_answer", "incidents.work_incident", "POST", kind="operation"),
    _page("operation_file", "incidents.view_incident", kind="evidence file"),
    _page("run_settle", "incidents.work_incident", "POST", kind="run"),
    _page("alerts", "incidents.view_alert", kind="alert"),
    _page("alerts_bulk", "incidents.handle_alert", "POST", kind="alert"),
    _page("silences", "incidents.view_silence", kind="silence"),
    _page("silence_add", "incidents.add_silence", _FORM, kind="silence"),
    _page("silence", "incidents.view_silence", kind="silence"),
    _page("silence_approve", "incidents.approve_silence", "POST", kind="silence"),
    _page("silence_end", "incidents.add_silence", "POST", kind="silence"),
    _page("reviews", "incidents.view_review", kind="review"),
    _page("actions", "incidents.view_actionitem", kind="action"),
    _page("actions_bulk", "incidents.handle_actionitem", "POST", kind="action"),
    _page("action_finish", "incidents.handle_actionitem", "POST", kind="action"),
    _page("action_verify", "incidents.handle_actionitem", "POST", kind="action"),
    Rule("incidents:playbooks", "GET", "incidents.view_playbook", scope="all", kind="playbook"),
    Rule("incidents:playbook", "GET", "incidents.view_playbook", scope="all", kind="playbook"),
    Rule(
        "incidents:playbook_publish",
        "POST",
        "incidents.publish_playbook",
        scope="all",
        kind="playbook",
    ),
    _plan("playbook_add", "incidents.add_playbook", _FORM),
    _plan("playbook_import", "incidents.add_playbook", _FORM),
    _plan("playbook_draft", "incidents.change_playbook", "POST"),
    _plan("playbook_edit", "incidents.change_playbook", _FORM),
    _plan("playbook_arrange", "incidents.change_playbook", "POST"),
    _plan("playbook_compare", "incidents.view_playbook"),
    _plan("playbook_preview", "incidents.view_playbook"),
    _plan("playbook_export", "incidents.view_playbook"),
    _plan("playbook_submit", "incidents.change_playbook", "POST"),
    _plan("playbook_send_back", "incidents.publish_playbook", _FORM),
    _plan("playbook_withdraw", "incidents.publish_playbook", _FORM),
    _plan("playbooks_load", "incidents.publish_playbook", "POST"),
    _page("merge_into", "incidents.run_incident", _FORM),
    _page("split", "incidents.run_incident", _FORM),
    _page("similar", "incidents.view_incident"),
    _page("figures", "incidents.view_incident"),
    _page("figures_csv", "incidents.view_incident"),
    _page("figures_xlsx", "incidents.view_incident"),
    _page("updates", "incidents.view_statusupdate", kind="update"),
    _page("draft_approve", "incidents.view_statusupdate", "POST", kind="update"),
    _page("draft_refuse", "incidents.view_statusupdate", _FORM, kind="update"),
    _page("draft_withdraw", "incidents.view_statusupdate", "POST", kind="update"),
    _page("summary", "incidents.view_incident"),
    _page("summary_report", "reports.request_report", "POST"),
    _page("summary_send", "incidents.publish_update", "POST"),
    _page("status_inside", "incidents.view_statusupdate", kind="update"),
    *(
        _plan(name, "incidents.view_statusupdate")
        for name in ("update_templates", "audiences", "status_components")
    ),
    *(
        _plan(name, "incidents.change_updatetemplate", _FORM)
        for name in (
            "update_template_add",
            "update_template",
            "audience_edit",
            "status_component_add",
            "status_component",
        )
    ),
    *(
        _plan(name, "incidents.change_updatetemplate", "POST")
        for name in (
            "update_templates_load",
            "update_template_retire",
            "status_component_retire",
        )
    ),
    *(
        Rule(f"incidents:{name}", methods, "", kind="status page", sensitivity="public")
        for name, methods in (
            ("status", "GET"),
            ("status_in", "GET"),
            ("status_json", "GET"),
            ("status_subscribe", _FORM),
            ("status_confirm", _FORM),
            ("status_leave", _FORM),
        )
    ),
    *(
        _plan(name, "incidents.view_exercise")
        for name in ("exercises", "exercise", "exercise_calendar")
    ),
    *(
        _plan(f"exercise_{verb}", "incidents.run_exercise", _FORM)
        for verb in ("add", "move", "start", "finish", "cancel")
    ),
    *(
        _plan(name, "incidents.run_exercise", "POST")
        for name in ("exercise_finding", "inject_add", "inject_give", "inject_remove")
    ),
    _plan("policies", _SEE),
    _plan("policy", _SEE),
    _plan("policy_add", "incidents.change_escalationpolicy", _FORM),
    _plan("policy_edit", "incidents.change_escalationpolicy", _FORM),
    _plan("policy_retire", "incidents.change_escalationpolicy", _FORM),
    _plan("rotations", _SEE),
    _plan("rotation", _SEE),
    _plan("rotation_add", "incidents.change_rotation", _FORM),
    _plan("rotation_turn", "incidents.change_rotation", _FORM),
    _plan("rotation_rota", "incidents.change_rotation", _FORM),
    _plan("rotation_calendar", _SEE),
    _plan("rotation_feed_add", "incidents.change_rotation", _FORM),
    _plan("rotation_feed", _SEE),
    *(
        _plan(f"rotation_feed_{deed}", "incidents.change_rotation", "POST")
        for deed in ("take", "read", "drop")
    ),
    Rule("incidents:absences", "GET", SIGNED_IN, scope="own", kind="absence"),
    Rule("incidents:absences_follow", _FORM, SIGNED_IN, scope="own", kind="absence"),
    *(
        Rule(f"incidents:absences_{deed}", "POST", SIGNED_IN, scope="own", kind="absence")
        for deed in ("read", "drop")
    ),
    _plan("shift_swap", "incidents.change_rotation", _FORM),
    _plan("schedule", _SEE),
    _plan("call_lint", _SEE),
    _page("calls", "incidents.view_delivery", kind="call"),
    _plan("shift_cancel", "incidents.change_rotation", "POST"),
    Rule("incidents:on_call", "GET", "incidents.view_escalationpolicy", scope="all"),
    Rule("incidents:answer", _FORM, "", kind="notice", sensitivity="public"),
    Rule("incidents:inbox", "GET", SIGNED_IN, scope="own", kind="notice"),
    Rule("incidents:notice_answer", "POST", SIGNED_IN, scope="own", kind="notice"),
    Rule("incidents:push_key", "GET", SIGNED_IN, scope="all"),
    Rule("incidents:push_subscribe", "POST", SIGNED_IN, scope="own", kind="contact"),
    Rule("incidents:contact_test", "POST", SIGNED_IN, scope="own", kind="contact"),
    Rule("incidents:notice_read", "POST", SIGNED_IN, scope="own", kind="notice"),
)
