"""The rows of incidents."""

from incidents.models.absence import Absence, AbsenceCalendar
from incidents.models.action_item import (
    ACTION_ITEM_LIFECYCLE,
    ActionItem,
    ActionItemAbout,
    ActionItemKind,
    ActionItemStatus,
)
from incidents.models.alert import ALERT_LIFECYCLE, Alert, AlertSignal, AlertStatus
from incidents.models.authority_matrix import AuthorityMatrix
from incidents.models.cause import Cause, CauseEvidence, CauseKind
from incidents.models.communication import (
    DRAFT_LIFECYCLE,
    Approver,
    AudienceRule,
    DraftStatus,
    UpdateDraft,
    UpdateTemplate,
)
from incidents.models.decision import Decision
from incidents.models.duty_calendar import CalendarUse, DutyCalendar
from incidents.models.escalation import (
    ESCALATION_LIFECYCLE,
    Escalation,
    EscalationFiring,
    EscalationLevel,
    EscalationPolicy,
    EscalationReason,
    EscalationStatus,
    EscalationTarget,
    Rotation,
    Shift,
)
from incidents.models.evidence_file import EvidenceFile
from incidents.models.exercise import (
    EXERCISE_LIFECYCLE,
    Exercise,
    ExerciseKind,
    ExerciseStatus,
    Inject,
)
from incidents.models.incident import (
    Incident,
    IncidentAccess,
    IncidentAsset,
    IncidentRole,
    IncidentSite,
    RoleName,
)
from incidents.models.incident_state import (
    INCIDENT_LIFECYCLE,
    ONGOING,
    FlowPlace,
    IncidentKind,
    IncidentStatus,
    RunMode,
    Severity,
)
from incidents.models.notice import Delivery, DeliveryStatus, Notice, NoticeKind
from incidents.models.offline_device import OfflineDevice
from incidents.models.operation import Operation, OperationKind, OperationOutcome
from incidents.models.playbook import (
    VERSION_LIFECYCLE,
    Phase,
    PhaseKind,
    Playbook,
    PlaybookVersion,
    Step,
    StepRight,
    VersionStatus,
)
from incidents.models.reporting import ReportingClock, ReportingRule, ReportingState
from incidents.models.review import REVIEW_LIFECYCLE, Review, ReviewStatus
from incidents.models.run import (
    RUN_LIFECYCLE,
    STEP_LIFECYCLE,
    PlaybookRun,
    RunPhase,
    RunStatus,
    RunStep,
    StepStatus,
)
from incidents.models.sensitive_lift import SensitiveLift
from incidents.models.severity_matrix import SeverityMatrix
from incidents.models.silence import Silence, SilenceKind, SilenceStatus
from incidents.models.status_page import (
    StatusComponent,
    StatusMail,
    StatusSubscriber,
)
from incidents.models.switch_order import SwitchOrder, SwitchState
from incidents.models.team import Team, TeamMember
from incidents.models.timeline import Importance, TimelineEntry, TimelineKind
from incidents.models.update import Audience, StatusUpdate
from incidents.models.verdict import VerdictChange

__all__ = [
    "ACTION_ITEM_LIFECYCLE",
    "ALERT_LIFECYCLE",
    "DRAFT_LIFECYCLE",
    "ESCALATION_LIFECYCLE",
    "EXERCISE_LIFECYCLE",
    "INCIDENT_LIFECYCLE",
    "ONGOING",
    "REVIEW_LIFECYCLE",
    "RUN_LIFECYCLE",
    "STEP_LIFECYCLE",
    "VERSION_LIFECYCLE",
    "Absence",
    "AbsenceCalendar",
    "ActionItem",
    "ActionItemAbout",
    "ActionItemKind",
    "ActionItemStatus",
    "Alert",
    "AlertSignal",
    "AlertStatus",
    "Approver",
    "Audience",
    "AudienceRule",
    "AuthorityMatrix",
    "CalendarUse",
    "Cause",
    "CauseEvidence",
    "CauseKind",
    "Decision",
    "Delivery",
    "DeliveryStatus",
    "DraftStatus",
    "DutyCalendar",
    "Escalation",
    "EscalationFiring",
    "EscalationLevel",
    "EscalationPolicy",
    "EscalationReason",
    "EscalationStatus",
    "EscalationTarget",
    "EvidenceFile",
    "Exercise",
    "ExerciseKind",
    "ExerciseStatus",
    "FlowPlace",
    "Importance",
    "Incident",
    "IncidentAccess",
    "IncidentAsset",
    "IncidentKind",
    "IncidentRole",
    "IncidentSite",
    "IncidentStatus",
    "Inject",
    "Notice",
    "NoticeKind",
    "OfflineDevice",
    "Operation",
    "OperationKind",
    "OperationOutcome",
    "Phase",
    "PhaseKind",
    "Playbook",
    "PlaybookRun",
    "PlaybookVersion",
    "ReportingClock",
    "ReportingRule",
    "ReportingState",
    "Review",
    "ReviewStatus",
    "RoleName",
    "Rotation",
    "RunMode",
    "RunPhase",
    "RunStatus",
    "RunStep",
    "SensitiveLift",
    "Severity",
    "SeverityMatrix",
    "Shift",
    "Silence",
    "SilenceKind",
    "SilenceStatus",
    "StatusComponent",
    "StatusMail",
    "StatusSubscriber",
    "StatusUpdate",
    "Step",
    "StepRight",
    "StepStatus",
    "SwitchOrder",
    "SwitchState",
    "Team",
    "TeamMember",
    "TimelineEntry",
    "TimelineKind",
    "UpdateDraft",
    "UpdateTemplate",
    "VerdictChange",
    "VersionStatus",
]
