"""Risks, the matrix they are judged by, and what is done about them."""

from risks.models.acceptance import Acceptance
from risks.models.assessment import Assessment, AssessmentKind
from risks.models.control import Control, ControlKind, ControlNature, Effectiveness, RiskControl
from risks.models.evidence import (
    AchievementOffer,
    IncidentLessons,
    Outcome,
    RiskEvidence,
)
from risks.models.matrix import RiskMatrix
from risks.models.risk import RISK_LIFECYCLE, Risk, RiskCategory, RiskStatus
from risks.models.treatment import TREATMENT_LIFECYCLE, Treatment, TreatmentKind, TreatmentStatus

__all__ = [
    "RISK_LIFECYCLE",
    "TREATMENT_LIFECYCLE",
    "Acceptance",
    "AchievementOffer",
    "Assessment",
    "AssessmentKind",
    "Control",
    "ControlKind",
    "ControlNature",
    "Effectiveness",
    "IncidentLessons",
    "Outcome",
    "Risk",
    "RiskCategory",
    "RiskControl",
    "RiskEvidence",
    "RiskMatrix",
    "RiskStatus",
    "Treatment",
    "TreatmentKind",
    "TreatmentStatus",
]
