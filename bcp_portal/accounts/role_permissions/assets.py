"""Who may do what in assets: permission -> the roles that hold it."""

_READERS = "viewer risk_manager incident_commander responder sync_technician business_owner auditor"

PERMISSIONS: dict[str, str] = {
    "assets.view_site": f"{_READERS} administrator",
    "assets.view_region": f"{_READERS} administrator",
    "assets.view_plannedwindow": f"{_READERS} administrator",
    "assets.view_asset": _READERS,
    "assets.view_dependency": _READERS,
    "assets.view_recoverytarget": _READERS,
    "assets.view_achievement": _READERS,
    "assets.view_failoverpath": _READERS,
    # The others see the sites they are assigned to.
    "assets.view_every_site": "risk_manager incident_commander auditor administrator",
    "assets.run_site": "administrator",
    "assets.assign_site": "administrator",
    "assets.run_asset": "risk_manager business_owner",
    "assets.view_customfield": f"{_READERS} administrator",
    "assets.run_customfield": "risk_manager administrator",
    "assets.view_unit": _READERS,
    "assets.run_unit": "risk_manager",
    "assets.set_target": "risk_manager business_owner",
    "assets.view_thirdparty": _READERS,
    "assets.view_impactanalysis": _READERS,
    "assets.answer_impact": "risk_manager business_owner",
    "assets.run_campaign": "risk_manager",
    # Who signs what is decided by owner, office and delegation; this opens the door only.
    "assets.sign_target": "risk_manager incident_commander business_owner",
    "assets.view_signatory": f"{_READERS} administrator",
    "assets.appoint_signatory": "administrator",
    "assets.record_achievement": "risk_manager incident_commander business_owner",
    "assets.declare_failover": "incident_commander administrator",
    "assets.switch_failover": "incident_commander",
}
