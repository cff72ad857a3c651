"""Who may do what in telemetry: permission -> the roles that hold it."""

_READERS = "viewer risk_manager incident_commander responder sync_technician business_owner auditor"

PERMISSIONS: dict[str, str] = {
    "telemetry.view_device": f"{_READERS} administrator",
    "telemetry.view_stream": _READERS,
    "telemetry.view_syncsession": _READERS,
    "telemetry.view_signal": _READERS,
    # What is in conflict is business content: for the technical role alone.
    "telemetry.view_conflictreport": "sync_technician",
    "telemetry.see_conflict_values": "sync_technician",
    "telemetry.view_order": _READERS,
    # Names and telephone numbers stand in it: for those who may see whom the portal calls.
    "telemetry.view_sitepack": _READERS,
    "telemetry.give_order": "incident_commander sync_technician",
    "telemetry.approve_order": "incident_commander sync_technician business_owner",
    "telemetry.break_glass": "incident_commander",
    # Explaining why the trail is not what a site remembers takes two different people.
    "telemetry.settle_witness": "administrator incident_commander",
    "telemetry.decide_conflict": "sync_technician",
    "telemetry.edit_conflict_rules": "sync_technician",
    "telemetry.enrol_device": "sync_technician administrator",
    "telemetry.view_rulesetting": f"{_READERS} administrator",
    "telemetry.view_sectorprofile": f"{_READERS} administrator",
    "telemetry.edit_sector_profile": "risk_manager administrator",
    "telemetry.tune_rule": "sync_technician administrator",
}
