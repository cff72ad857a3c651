"""What people answer for in this room; promises and roles by their codes, without content."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.duties import DutyKind, register_duty, register_tell
from incidents.models import (
    ActionItem,
    EscalationPolicy,
    EscalationTarget,
    Exercise,
    ExerciseStatus,
    Incident,
    IncidentRole,
    Playbook,
    Review,
    ReviewStatus,
    RoleName,
    Shift,
    Team,
)
from incidents.services import handover


def _promise(row: ActionItem) -> str:
    return f"{row.code} ({row.incident.code})"


def _role(row: Any) -> str:
    return f"{row.incident.code}: {row.get_role_display()}"


# Whoever is called must be able to open what they are called about.
ANSWERS = "incidents.view_incident"
ROLE_RIGHTS = {
    RoleName.COMMANDER: "incidents.run_incident",
    RoleName.COMMUNICATIONS: "incidents.publish_update",
    RoleName.OPERATIONS: "incidents.work_incident",
    RoleName.SCRIBE: "incidents.work_incident",
}


def _role_right(row: Any) -> str:
    return ROLE_RIGHTS.get(row.role, "incidents.view_incident")


def _of_incident(row: Any) -> str:
    return str(row.incident.code)


def _call(row: EscalationTarget) -> str:
    return f"{row.level.policy.name}: {row.level.position}"


def _turn(row: Shift) -> str:
    return f"{row.rotation.name} {row.starts_at:%Y-%m-%d %H:%M} – {row.ends_at:%Y-%m-%d %H:%M} UTC"


IN_INCIDENTS = (
    DutyKind(
        "incident_role",
        _("Role in an open incident"),
        lambda at: IncidentRole.objects.filter(
            ended_at=None, incident__in=Incident.objects.open()
        ).select_related("incident"),
        "user",
        handover.give_role,
        words=_role,
        places="incident__sites__site__code",
        right=_role_right,
    ),
    DutyKind(
        "team",
        _("Leads a team in an incident"),
        lambda at: Team.objects.standing().select_related("incident"),
        "lead",
        words=_of_incident,
        places="incident__sites__site__code",
        right="incidents.work_incident",
    ),
    DutyKind(
        "action_item",
        _("Open action"),
        lambda at: ActionItem.objects.open().select_related("incident", "owner"),
        "owner",
        handover.give_action,
        words=_promise,
        places="incident__sites__site__code",
        right="incidents.handle_actionitem",
    ),
    DutyKind(
        "review",
        _("Open review"),
        lambda at: Review.objects.exclude(status=ReviewStatus.SIGNED_OFF).select_related(
            "incident", "owner"
        ),
        "owner",
        words=_of_incident,
        places="incident__sites__site__code",
        right="incidents.change_review",
    ),
)
PLANNED = (
    DutyKind(
        "exercise",
        _("Exercise"),
        lambda at: Exercise.objects.filter(
            status__in=[ExerciseStatus.PLANNED, ExerciseStatus.RUNNING]
        ),
        "owner",
        places="sites__code",
        right="incidents.run_exercise",
    ),
    DutyKind(
        "playbook_business",
        _("Business owner of the playbook"),
        lambda at: Playbook.objects.filter(retired_at=None),
        "business_owner",
        words=lambda row: str(row.code),
        right="incidents.view_playbook",
    ),
    DutyKind(
        "playbook_technical",
        _("Technical owner of the playbook"),
        lambda at: Playbook.objects.filter(retired_at=None),
        "technical_owner",
        words=lambda row: str(row.code),
        right="incidents.view_playbook",
    ),
)
CALLED = (
    DutyKind(
        "shift",
        _("Turn of a duty"),
        lambda at: Shift.objects.filter(ends_at__gt=at).select_related("rotation", "user"),
        "user",
        handover.give_turn,
        words=_turn,
        right=ANSWERS,
    ),
    DutyKind(
        "escalation_target",
        _("Is called by the policy, on level"),
        lambda at: EscalationTarget.objects.filter(
            level__policy__retired_at=None, user__isnull=False
        ).select_related("level__policy", "user"),
        "user",
        handover.give_call,
        words=_call,
        right=ANSWERS,
    ),
    DutyKind(
        "fallback",
        _("Is called when nobody else can be reached"),
        lambda at: EscalationPolicy.objects.filter(retired_at=None),
        "fallback",
        right=ANSWERS,
    ),
)


def register() -> None:
    """Name every kind, and who tells the new holder."""
    for kind in (*IN_INCIDENTS, *PLANNED, *CALLED):
        register_duty(kind)
    register_tell(handover.tell_successor)
