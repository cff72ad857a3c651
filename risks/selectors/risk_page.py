"""What the page of one risk shows."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from assets.custom import CustomLine, custom_lines
from assets.models import Asset, ThirdParty
from assets.selectors.history import HistoryEntry, history_of
from bcp_portal.accounts.models import User
from risks.models import (
    Acceptance,
    Assessment,
    Indicator,
    LikelihoodProposal,
    Outcome,
    Risk,
    RiskControl,
    RiskEvidence,
    RiskFile,
    RiskLink,
    RiskRemark,
    Threat,
    Treatment,
    TreatmentAction,
    Tripwire,
)
from risks.scoring import Scale
from risks.selectors.appetite import About, appetites_in_force
from risks.selectors.indicators import IndicatorLine, indicator_lines
from risks.selectors.matrix import (
    LevelBadge,
    MatrixView,
    level_badge,
    marks_of,
    matrix_view,
    scale_in_force,
)


@dataclass(frozen=True)
class Judgement:
    """One of the three judgements of a risk, or its absence."""

    kind: str
    label: str
    letter: str
    assessment: Assessment | None
    badge: LevelBadge | None


@dataclass(frozen=True)
class AssessmentLine:
    """One row of the history of judgements."""

    assessment: Assessment
    badge: LevelBadge | None
    is_old_matrix: bool


@dataclass(frozen=True)
class Beside:
    """What people say about a risk, and what they put beside it."""

    remarks: list[RiskRemark]
    links: list[RiskLink]
    files: list[RiskFile]


@dataclass(frozen=True)
class TreatmentLine:
    """A treatment with what is to be done for it; each with whether its day has passed."""

    treatment: Treatment
    is_overdue: bool
    actions: list[tuple[TreatmentAction, bool]]


@dataclass(frozen=True)
class AppetiteWord:
    """What was said about its unit or category and holds instead of the matrix."""

    is_of_unit: bool
    is_of_category: bool
    badge: LevelBadge | None


@dataclass(frozen=True)
class RiskPage:
    """What the risk page shows."""

    risk: Risk
    judgements: list[Judgement]
    badge: LevelBadge | None
    is_within_tolerance: bool
    appetite: AppetiteWord | None
    is_overdue: bool
    matrix: MatrixView
    assets: list[Asset]
    threats: list[Threat]
    third_parties: list[ThirdParty]
    assessments: list[AssessmentLine]
    treatments: list[TreatmentLine]
    controls: list[RiskControl]
    acceptance: Acceptance | None
    asked: Acceptance | None
    proposals: list[LikelihoodProposal]
    tripwires: list[Tripwire]
    indicators: list[IndicatorLine]
    past_acceptances: list[Acceptance]
    evidence: list[RiskEvidence]
    beside: Beside
    custom: list[CustomLine]
    may_weigh: bool
    history: list[HistoryEntry]


def risk_page(risk: Risk, *, user: User, at: datetime) -> RiskPage:
    """Gather the risk page in a fixed number of queries."""
    family = risk.matrix_family
    version, scale = scale_in_force(family)
    appetites = appetites_in_force()
    unit = risk.unit.code if risk.unit else ""
    assessments = list(
        risk.assessments.select_related("assessed_by", "matrix").order_by("-recorded_at", "-pk")
    )
    acceptances = list(
        risk.acceptances.select_related("accepted_by", "asked_by", "approver").order_by("-pk")
    )
    by_matrix = {one.matrix_id: one.matrix.scale for one in assessments}
    open_one = next((one for one in acceptances if one.ended_at is None), None)
    watched = Indicator.objects.visible_to(user).in_use().filter(risks=risk)
    return RiskPage(
        risk=risk,
        judgements=_judgements(risk, by_matrix),
        badge=level_badge(scale, risk.level),
        is_within_tolerance=not risk.is_unrated
        and appetites.tolerates(scale, risk.level, unit=unit, category=risk.category.code),
        appetite=_appetite(appetites.nearest(scale, unit, risk.category.code), scale),
        is_overdue=risk.is_review_overdue(at),
        matrix=matrix_view(family=family, marks=marks_of(risk, scale)),
        assets=list(Asset.objects.visible_to(user).filter(risks=risk).order_by("code")),
        threats=list(risk.threats.order_by("code")),
        third_parties=list(ThirdParty.objects.visible_to(user).filter(risks=risk).order_by("code")),
        assessments=_lines(assessments, by_matrix, version),
        treatments=_treatments(risk, at.date()),
        controls=list(
            risk.risk_controls.select_related("control__owner").order_by("control__code")
        ),
        acceptance=open_one if open_one and open_one.accepted_at else None,
        asked=open_one if open_one and not open_one.accepted_at else None,
        tripwires=_tripwires(open_one),
        past_acceptances=[one for one in acceptances if one.ended_at and one.accepted_at],
        proposals=list(risk.proposals.filter(outcome=Outcome.WAITING)),
        indicators=indicator_lines(watched.order_by("code"), at=at),
        evidence=list(
            risk.evidence.select_related("incident", "weighed_by").order_by("-offered_at")
        ),
        beside=_beside(risk),
        custom=custom_lines(risk, "risk"),
        may_weigh=user.pk in {risk.owner_id, risk.business_owner_id},
        history=history_of(risk),
    )


def _appetite(found: tuple[About, str] | None, scale: Scale) -> AppetiteWord | None:
    if found is None:
        return None
    (unit, category), level = found
    return AppetiteWord(bool(unit), bool(category), level_badge(scale, level))


def _lines(
    assessments: list[Assessment], by_matrix: dict[int, Scale], version: int
) -> list[AssessmentLine]:
    """The judgements, each in the words of the matrix it was made by."""
    return [
        AssessmentLine(
            one, level_badge(by_matrix[one.matrix_id], one.level), one.matrix.version != version
        )
        for one in assessments
    ]


def _treatments(risk: Risk, today: date) -> list[TreatmentLine]:
    rows = Treatment.objects.filter(risk=risk).for_list().with_actions()
    return [
        TreatmentLine(
            one,
            one.is_overdue(today),
            [(action, action.is_overdue(today)) for action in one.actions.all()],
        )
        for one in rows.order_by("status", "due_on")
    ]


def _tripwires(acceptance: Acceptance | None) -> list[Tripwire]:
    wires = acceptance.tripwires.select_related("indicator") if acceptance else ()
    return sorted(wires, key=lambda one: one.pk)


def _beside(risk: Risk) -> Beside:
    files = risk.files.filter(removed_at=None).select_related("added_by").defer("content")
    return Beside(
        remarks=list(risk.remarks.select_related("made_by").order_by("made_at", "pk")),
        links=list(risk.links.filter(removed_at=None).order_by("pk")),
        files=list(files.order_by("name")),
    )


def _judgements(risk: Risk, by_matrix: dict[int, Scale]) -> list[Judgement]:
    """The three judgements, each in the words of the matrix it was made by."""
    names = (
        ("inherent", _("Inherent"), "I"),
        ("residual", _("Residual"), "R"),
        ("target", _("Target"), "T"),
    )
    found = []
    for kind, label, letter in names:
        one = getattr(risk, kind)
        badge = level_badge(by_matrix[one.matrix_id], one.level) if one else None
        found.append(Judgement(kind, label, letter, one, badge))
    return found
