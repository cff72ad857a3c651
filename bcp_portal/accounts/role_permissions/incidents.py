"""Who may do what in incidents: permission -> the roles that hold it.

The administrator is not among the readers: whoever runs the machines need not know what happened.
"""

_READERS = "viewer risk_manager incident_commander responder sync_technician business_owner auditor"
_HANDS = "incident_commander responder sync_technician"

PERMISSIONS: dict[str, str] = {
    "incidents.view_incident": _READERS,
    "incidents.view_alert": _READERS,
    "incidents.view_timelineentry": _READERS,
    "incidents.view_playbook": f"{_READERS} administrator",
    "incidents.view_playbookrun": _READERS,
    "incidents.view_review": _READERS,
    "incidents.view_actionitem": _READERS,
    "incidents.view_decision": _READERS,
    "incidents.view_statusupdate": _READERS,
    "incidents.view_escalationpolicy": f"{_READERS} administrator",
    "incidents.view_escalation": _READERS,
    "incidents.view_delivery": "incident_commander auditor",
    "incidents.declare_incident": f"{_HANDS} business_owner risk_manager",
    "incidents.work_incident": _HANDS,
    "incidents.run_incident": "incident_commander",
    "incidents.close_incident": "incident_commander",
    "incidents.handle_alert": _HANDS,
    "incidents.view_silence": _READERS,
    "incidents.add_silence": _HANDS,
    "incidents.approve_silence": "incident_commander risk_manager",
    "incidents.publish_update": "incident_commander responder",
    "incidents.approve_update": "incident_commander risk_manager business_owner",
    "incidents.change_updatetemplate": "incident_commander risk_manager",
    "incidents.view_exercise": f"{_READERS} administrator",
    "incidents.run_exercise": "incident_commander risk_manager",
    "incidents.add_playbook": "incident_commander risk_manager",
    "incidents.change_playbook": "incident_commander risk_manager",
    "incidents.publish_playbook": "incident_commander risk_manager",
    "incidents.change_escalationpolicy": "incident_commander administrator",
    "incidents.change_rotation": "incident_commander administrator",
    "incidents.change_review": "incident_commander responder risk_manager business_owner",
    "incidents.sign_off_review": "incident_commander risk_manager",
    "incidents.handle_actionitem": (
        "incident_commander responder risk_manager business_owner sync_technician"
    ),
}
