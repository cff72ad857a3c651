"""Who may do what in risks: permission -> the roles that hold it."""

_READERS = "viewer risk_manager incident_commander business_owner auditor"

PERMISSIONS: dict[str, str] = {
    "risks.view_risk": _READERS,
    "risks.view_control": _READERS,
    "risks.view_acceptance": _READERS,
    "risks.view_riskmatrix": _READERS,
    "risks.view_indicator": _READERS,
    "risks.run_indicator": "risk_manager",
    "risks.record_value": "risk_manager business_owner",
    "risks.view_plan": f"{_READERS} responder sync_technician",
    "risks.run_plan": "risk_manager business_owner",
    "risks.approve_plan": "risk_manager business_owner",
    "risks.run_risk": "risk_manager business_owner",
    "risks.discuss_risk": "risk_manager incident_commander business_owner auditor",
    "risks.accept_risk": "business_owner",
    "risks.weigh_evidence": "risk_manager business_owner",
    "risks.run_control": "risk_manager",
    "risks.publish_matrix": "risk_manager",
    "risks.import_register": "risk_manager",
}
