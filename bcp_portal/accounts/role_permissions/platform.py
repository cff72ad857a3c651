"""Who may do what in the platform rooms: permission -> the roles that hold it."""

PERMISSIONS: dict[str, str] = {
    "accounts.view_command_centre": (
        "viewer risk_manager incident_commander responder sync_technician business_owner auditor"
    ),
    "accounts.manage_people": "administrator",
    "accounts.view_completion": (
        "administrator auditor business_owner incident_commander risk_manager"
    ),
    "accounts.run_training": "administrator risk_manager",
    "accounts.view_accessreview": (
        "administrator auditor business_owner incident_commander risk_manager"
    ),
    "accounts.decide_access": "administrator business_owner incident_commander risk_manager",
    # Dangerous roles take two people: an administrator asks, one of these agrees.
    "accounts.second_grant": "administrator business_owner",
    "audit.view_auditrow": "auditor",
    "engine.view_engine": "administrator auditor incident_commander",
    # Letting calls go after a restore takes two different people.
    "engine.change_callhold": "administrator incident_commander",
    "reports.view_reportfile": "auditor incident_commander risk_manager",
    "reports.view_evidence": "auditor risk_manager",
    "reports.request_report": "auditor incident_commander risk_manager business_owner",
}
