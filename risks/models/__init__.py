"""Risks, the matrix they are judged by, and what is done about them."""

from risks.models.acceptance import Acceptance, Tripwire, TripwireKind
from risks.models.appetite import Appetite, UnitMatrix
from risks.models.assessment import Assessment, AssessmentKind
from risks.models.control import Control, ControlKind, ControlNature, Effectiveness, RiskControl
from risks.models.control_test import ControlTest
from risks.models.digest import RegisterDigest, RegisterVisit
from risks.models.discussion import RiskFile, RiskLink, RiskRemark
from risks.models.evidence import (
    AchievementOffer,
    IncidentLessons,
    Outcome,
    RiskEvidence,
)
from risks.models.figures import (
    ContinuityWorth,
    LikelihoodProposal,
    LossEstimate,
    LossShape,
    LossTolerance,
)
from risks.models.import_batch import HeadingMeaning, ImportBatch, ImportStatus
from risks.models.indicator import Indicator, IndicatorStatus, IndicatorValue
from risks.models.matrix import STANDARD, RiskMatrix
from risks.models.plan import PLAN_LIFECYCLE, Plan, PlanKind, PlanState, PlanVersion
from risks.models.risk import RISK_LIFECYCLE, Risk, RiskCategory, RiskQuerySet, RiskStatus
from risks.models.threat import Threat, ThreatQuerySet
from risks.models.treatment import (
    MOST_COST,
    TREATMENT_LIFECYCLE,
    Treatment,
    TreatmentAction,
    TreatmentKind,
    TreatmentStatus,
)
from risks.models.version import RegisterVersion, VersionKind

__all__ = [
    "MOST_COST",
    "PLAN_LIFECYCLE",
    "RISK_LIFECYCLE",
    "STANDARD",
    "TREATMENT_LIFECYCLE",
    "Acceptance",
    "AchievementOffer",
    "Appetite",
    "Assessment",
    "AssessmentKind",
    "ContinuityWorth",
    "Control",
    "ControlKind",
    "ControlNature",
    "ControlTest",
    "Effectiveness",
    "HeadingMeaning",
    "ImportBatch",
    "ImportStatus",
    "IncidentLessons",
    "Indicator",
    "IndicatorStatus",
    "IndicatorValue",
    "LikelihoodProposal",
    "LossEstimate",
    "LossShape",
    "LossTolerance",
    "Outcome",
    "Plan",
    "PlanKind",
    "PlanState",
    "PlanVersion",
    "RegisterDigest",
    "RegisterVersion",
    "RegisterVisit",
    "Risk",
    "RiskCategory",
    "RiskControl",
    "RiskEvidence",
    "RiskFile",
    "RiskLink",
    "RiskMatrix",
    "RiskQuerySet",
    "RiskRemark",
    "RiskStatus",
    "Threat",
    "ThreatQuerySet",
    "Treatment",
    "TreatmentAction",
    "TreatmentKind",
    "TreatmentStatus",
    "Tripwire",
    "TripwireKind",
    "UnitMatrix",
    "VersionKind",
]
