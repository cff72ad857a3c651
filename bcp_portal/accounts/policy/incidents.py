"""Doors of the incident API; the pages have a table of their own."""

from bcp_portal.shared.policy import SIGNED_IN, Rule

READ = "GET"
SEND = "POST"

_INCIDENT = {
    "acknowledge": "work_incident",
    "take-command": "run_incident",
    "start-response": "run_incident",
    "contain": "run_incident",
    "recover": "run_incident",
    "close": "close_incident",
    "call-off": "run_incident",
    "merge": "run_incident",
    "split": "run_incident",
    "severity": "run_incident",
    "verdict": "run_incident",
    "role": "run_incident",
    "note": "work_incident",
    "decide": "run_incident",
    "run": "run_incident",
    "tell": "publish_update",
}
_OTHERS = {
    "alert": ("view_alert", ("acknowledge", "mute", "unmute", "resolve"), "handle_alert"),
    "run": ("view_playbookrun", ("finish", "abandon"), "run_incident"),
    "step": ("view_playbookrun", ("complete", "skip", "reopen"), "work_incident"),
    "review": ("view_review", ("sign-off", "reopen"), "sign_off_review"),
    "action-item": (
        "view_actionitem",
        ("finish", "verify", "drop", "reopen"),
        "handle_actionitem",
    ),
    "timeline": ("view_timelineentry", (), ""),
}


def _content(route: str, methods: str, permission: str, kind: str) -> Rule:
    return Rule(
        f"api:{route}",
        methods,
        f"incidents.{permission}",
        scope="site",
        kind=kind,
        sensitivity="content",
    )


RULES: tuple[Rule, ...] = (
    _content("incident-list", READ, "view_incident", "incident"),
    _content("incident-list", SEND, "declare_incident", "incident"),
    _content("incident-detail", READ, "view_incident", "incident"),
    *(
        _content(f"incident-{move}", SEND, permission, "incident")
        for move, permission in _INCIDENT.items()
    ),
    *(
        _content(f"{noun}-{page}", READ, view, noun)
        for noun, (view, _moves, _change) in _OTHERS.items()
        for page in ("list", "detail")
    ),
    *(
        _content(f"{noun}-{move}", SEND, change, noun)
        for noun, (_view, moves, change) in _OTHERS.items()
        for move in moves
    ),
    _content("silence-list", READ, "view_silence", "silence"),
    _content("silence-list", SEND, "add_silence", "silence"),
    _content("silence-detail", READ, "view_silence", "silence"),
    _content("silence-approve", SEND, "approve_silence", "silence"),
    _content("silence-end", SEND, "add_silence", "silence"),
    _content("review-list", SEND, "change_review", "review"),
    _content("review-write", SEND, "change_review", "review"),
    _content("action-item-list", SEND, "handle_actionitem", "action-item"),
    _content("offline-operations", SEND, "work_incident", "run"),
    _content("offline-evidence", SEND, "work_incident", "operation"),
    _content("offline-pack", READ, "view_incident", "incident"),
    Rule("api:playbook-list", READ, "incidents.view_playbook", scope="all", kind="playbook"),
    Rule("api:playbook-detail", READ, "incidents.view_playbook", scope="all", kind="playbook"),
    Rule("api:exercise-list", READ, "incidents.view_exercise", scope="all", kind="exercise"),
    Rule("api:exercise-detail", READ, "incidents.view_exercise", scope="all", kind="exercise"),
    Rule("api:inbox-list", READ, SIGNED_IN, scope="own", kind="notice"),
    Rule("api:inbox-detail", READ, SIGNED_IN, scope="own", kind="notice"),
    Rule("api:inbox-read", SEND, SIGNED_IN, scope="own", kind="notice"),
    Rule("api:inbox-answer", SEND, SIGNED_IN, scope="own", kind="notice"),
)
