"""Doors of assets."""

from bcp_portal.shared.policy import Rule

READ = "GET"
FORM = "GET POST"
SEND = "POST"

RULES: tuple[Rule, ...] = (
    Rule("assets:list", READ, "assets.view_asset", scope="site", kind="asset"),
    Rule("assets:bulk", SEND, "assets.view_asset", scope="site", kind="asset"),
    Rule("assets:add", FORM, "assets.run_asset", kind="asset"),
    Rule("assets:map", READ, "assets.view_asset", scope="site", kind="asset"),
    Rule("assets:map_drawing", READ, "assets.view_asset", scope="site", kind="asset"),
    Rule("assets:arrows", READ, "assets.view_dependency", scope="site", kind="asset"),
    Rule("assets:arrow_add", FORM, "assets.run_asset", kind="asset"),
    Rule("assets:arrows_bulk", SEND, "assets.run_asset", scope="site", kind="asset"),
    Rule("assets:arrow_edit_cell", FORM, "assets.run_asset", scope="site", kind="asset"),
    Rule("assets:detail", READ, "assets.view_asset", scope="site", kind="asset"),
    Rule("assets:edit", FORM, "assets.run_asset", scope="site", kind="asset"),
    Rule("assets:retire", FORM, "assets.run_asset", scope="site", kind="asset"),
    Rule("assets:link", FORM, "assets.run_asset", scope="site", kind="asset"),
    Rule("assets:arrow_change", FORM, "assets.run_asset", scope="site", kind="asset"),
    Rule("assets:unlink", SEND, "assets.run_asset", scope="site", kind="asset"),
    Rule("assets:target", FORM, "assets.set_target", scope="site", kind="asset"),
    Rule("assets:achieved", FORM, "assets.record_achievement", scope="site", kind="asset"),
    Rule("assets:targets", READ, "assets.view_recoverytarget", scope="site", kind="asset"),
    Rule("assets:impact", READ, "assets.view_impactanalysis", scope="site", kind="asset"),
    Rule("assets:impact_answer", FORM, "assets.answer_impact", scope="site", kind="asset"),
    Rule("assets:campaigns", READ, "assets.view_impactanalysis", scope="all", kind="campaign"),
    Rule("assets:campaign", READ, "assets.view_impactanalysis", scope="all", kind="campaign"),
    Rule("assets:campaign_start", FORM, "assets.run_campaign", kind="campaign"),
    Rule("assets:campaign_close", SEND, "assets.run_campaign", scope="all", kind="campaign"),
    Rule("assets:unproven", READ, "assets.view_recoverytarget", scope="site", kind="asset"),
    Rule("assets:unproven_report", SEND, "assets.view_every_site", kind="asset"),
    Rule("assets:third_parties", READ, "assets.view_thirdparty", scope="all", kind="third_party"),
    Rule("assets:third_party_add", FORM, "assets.run_asset", kind="third_party"),
    Rule("assets:third_party", FORM, "assets.run_asset", scope="all", kind="third_party"),
    Rule("assets:recovery_design", FORM, "assets.run_asset", scope="site", kind="asset"),
    Rule("assets:custom_fields", READ, "assets.view_customfield", scope="all", kind="field"),
    Rule("assets:custom_field_add", FORM, "assets.run_customfield", kind="field"),
    Rule("assets:custom_field_edit", FORM, "assets.run_customfield", scope="all", kind="field"),
    Rule("assets:custom_field_retire", FORM, "assets.run_customfield", scope="all", kind="field"),
    Rule("assets:export", READ, "assets.view_asset", scope="site", kind="asset"),
    Rule("assets:import", FORM, "assets.run_asset", scope="site", kind="asset"),
    Rule("assets:import_apply", SEND, "assets.run_asset", scope="site", kind="asset"),
    Rule("assets:my_signatures", READ, "assets.sign_target", scope="own", kind="signature"),
    Rule("assets:delegation_add", FORM, "assets.sign_target", scope="own", kind="delegation"),
    Rule("assets:delegation_revoke", SEND, "assets.sign_target", scope="own", kind="delegation"),
    Rule("assets:signatories", READ, "assets.view_signatory", scope="all", kind="signatory"),
    Rule(
        "assets:signatory_appoint", FORM, "assets.appoint_signatory", scope="all", kind="signatory"
    ),
    Rule(
        "assets:signatory_dismiss", SEND, "assets.appoint_signatory", scope="all", kind="signatory"
    ),
    Rule("assets:objective", READ, "assets.view_recoverytarget", scope="site", kind="asset"),
    Rule(
        "assets:objective_sign", SEND, "assets.sign_target", scope="site", kind="asset", duty="two"
    ),
    Rule("assets:objective_remark", SEND, "assets.sign_target", scope="site", kind="asset"),
    Rule("assets:objective_decline", SEND, "assets.sign_target", scope="site", kind="asset"),
    Rule("assets:objective_withdraw", SEND, "assets.set_target", scope="site", kind="asset"),
    Rule("assets:sites", READ, "assets.view_site", scope="site", kind="site"),
    Rule("assets:site_open", FORM, "assets.run_site", kind="site"),
    Rule("assets:site_import", FORM, "assets.run_site", scope="site", kind="site"),
    Rule("assets:site_import_apply", SEND, "assets.run_site", scope="site", kind="site"),
    Rule("assets:site_import_undo", SEND, "assets.run_site", scope="site", kind="site"),
    Rule("assets:site_edit", FORM, "assets.run_site", scope="site", kind="site"),
    Rule("assets:site_close", FORM, "assets.run_site", scope="site", kind="site"),
    Rule("assets:regions", READ, "assets.view_region", scope="all", kind="region"),
    Rule("assets:region_add", FORM, "assets.run_site", kind="region"),
    Rule("assets:region_edit", FORM, "assets.run_site", scope="all", kind="region"),
    Rule("assets:assignments", FORM, "assets.assign_site", scope="all", kind="user"),
    Rule("assets:assignment_withdraw", SEND, "assets.assign_site", scope="all", kind="user"),
    Rule("assets:windows", READ, "assets.view_plannedwindow", scope="site", kind="window"),
    Rule("assets:window_plan", FORM, "assets.run_site", kind="window"),
    Rule("assets:window_cancel", FORM, "assets.run_site", scope="site", kind="window"),
    Rule("assets:failover", READ, "assets.view_failoverpath", scope="site", kind="failover"),
    Rule("assets:failover_declare", FORM, "assets.declare_failover", kind="failover"),
    Rule("assets:failover_switch", FORM, "assets.switch_failover", scope="site", kind="failover"),
    Rule("api:asset-list", READ, "assets.view_asset", scope="site", kind="asset"),
    Rule("api:asset-list", SEND, "assets.run_asset", kind="asset"),
    Rule("api:asset-detail", READ, "assets.view_asset", scope="site", kind="asset"),
    Rule("api:asset-retire", SEND, "assets.run_asset", scope="site", kind="asset"),
    Rule("api:asset-edit", SEND, "assets.run_asset", scope="site", kind="asset"),
    Rule("api:unit-list", READ, "assets.view_unit", scope="all", kind="asset"),
    Rule("api:unit-detail", READ, "assets.view_unit", scope="all", kind="asset"),
    Rule("api:dependency-list", READ, "assets.view_dependency", scope="site", kind="asset"),
    Rule("api:dependency-list", SEND, "assets.run_asset", scope="site", kind="asset"),
    Rule("api:dependency-detail", READ, "assets.view_dependency", scope="site", kind="asset"),
    Rule("api:dependency-change", SEND, "assets.run_asset", scope="site", kind="asset"),
    Rule("api:dependency-unlink", SEND, "assets.run_asset", scope="site", kind="asset"),
    Rule(
        "api:recovery-target-list", READ, "assets.view_recoverytarget", scope="site", kind="asset"
    ),
    Rule("api:recovery-target-list", SEND, "assets.set_target", scope="site", kind="asset"),
    Rule(
        "api:recovery-target-detail", READ, "assets.view_recoverytarget", scope="site", kind="asset"
    ),
    Rule(
        "api:recovery-target-record", SEND, "assets.record_achievement", scope="site", kind="asset"
    ),
    Rule("api:asset-impact", READ, "assets.view_impactanalysis", scope="site", kind="asset"),
    Rule("api:asset-answer-impact", SEND, "assets.answer_impact", scope="site", kind="asset"),
    Rule(
        "api:target-proposal-list", READ, "assets.view_recoverytarget", scope="site", kind="asset"
    ),
    Rule("api:target-proposal-list", SEND, "assets.set_target", scope="site", kind="asset"),
    Rule(
        "api:target-proposal-detail", READ, "assets.view_recoverytarget", scope="site", kind="asset"
    ),
    Rule(
        "api:target-proposal-sign",
        SEND,
        "assets.sign_target",
        scope="site",
        kind="asset",
        duty="two",
    ),
    Rule("api:target-proposal-remark", SEND, "assets.sign_target", scope="site", kind="asset"),
    Rule("api:target-proposal-decline", SEND, "assets.sign_target", scope="site", kind="asset"),
    Rule("api:target-proposal-withdraw", SEND, "assets.set_target", scope="site", kind="asset"),
)
