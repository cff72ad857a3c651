"""Who may do what in incidents: permission -> the roles that hold it."""

_READERS = "viewer risk_manager incident_commander responder sync_technician business_owner auditor"
_WORKERS = "incident_commander responder sync_technician"

# The administrator is in none of these: whoever gives out keys sees no incident by default.
PERMISSIONS: dict[str, str] = {
    "incidents.view_incident": _READERS,
    "incidents.view_alert": _READERS,
    "incidents.view_playbook": _READERS,
    "incidents.view_playbookrun": _READERS,
    "incidents.view_runstep": _READERS,
    "incidents.view_timelineentry": _READERS,
    "incidents.view_review": _READERS,
    "incidents.view_actionitem": _READERS,
    "incidents.view_escalationpolicy": f"{_READERS} administrator",
    "incidents.declare_incident": f"{_WORKERS} risk_manager business_owner",
    "incidents.work_incident": _WORKERS,
    "incidents.run_incident": "incident_commander",
    "incidents.close_incident": "incident_commander",
    "incidents.handle_alert": _WORKERS,
    "incidents.publish_playbook": "incident_commander",
    "incidents.publish_update": "incident_commander responder",
    "incidents.change_review": "incident_commander risk_manager",
    "incidents.sign_off_review": "incident_commander risk_manager",
    "incidents.handle_actionitem": "incident_commander risk_manager business_owner",
}
