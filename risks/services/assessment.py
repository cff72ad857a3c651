"""Verbs of an assessment."""

from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from assets.changes import BadFactsError, need_reason
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from risks.models import Assessment, AssessmentKind, Outcome, Risk, RiskMatrix
from risks.scoring import Scale, score
from risks.services.matrix import matrix_in_force
from risks.services.risk import lock_in_force, next_review, tell


@verb
def assess_risk(
    *,
    risk: Risk,
    kind: str,
    likelihood: int,
    impact: int,
    rationale: str,
    assessed_on: date | None = None,
    matrix: RiskMatrix | None = None,
    actor: User | None,
    at: datetime,
) -> Assessment:
    """Judge a risk by the matrix in force; older judgements stay as its history.

    Who judges many at once may name the `matrix`, having looked up what is in force for them.
    """
    risk = lock_in_force(risk)
    matrix = matrix or matrix_in_force(at=at, family=risk.matrix_family)
    scale = matrix.scale
    assessment = draft_assessment(
        risk=risk,
        kind=kind,
        place=(likelihood, impact),
        rationale=rationale,
        assessed_on=assessed_on,
        matrix=matrix,
        scale=scale,
        actor=actor,
        at=at,
    )
    assessment.save()
    old = getattr(risk, kind)
    risk.save(update_fields=settle(risk, assessment, scale, at=at))
    if assessment.kind == AssessmentKind.RESIDUAL:
        _answer_proposals(risk, actor=actor, at=at)
    note_assessed(risk, assessment, old, actor=actor, at=at)
    tell(at=at)
    return assessment


def draft_assessment(
    *,
    risk: Risk,
    kind: str,
    place: tuple[int, int],
    rationale: str,
    matrix: RiskMatrix,
    scale: Scale,
    assessed_on: date | None = None,
    actor: User | None,
    at: datetime,
) -> Assessment:
    """A judgement as the matrix and its scale read it, checked but not saved."""
    likelihood, impact = place
    on = assessed_on or at.date()
    _check(scale, likelihood, impact, on, at)
    return Assessment(
        risk=risk,
        kind=AssessmentKind(kind),
        likelihood=likelihood,
        impact=impact,
        score=score(likelihood, impact),
        level=scale.level(likelihood, impact).word,
        assessed_on=on,
        assessed_by=actor,
        rationale=need_reason(rationale),
        matrix=matrix,
        recorded_at=at,
    )


def note_assessed(
    risk: Risk,
    assessment: Assessment,
    old: Assessment | None,
    *,
    actor: User | None,
    at: datetime,
) -> None:
    """Write a judgement into the trail, beside the one before it."""
    audit(
        action=f"risk.assess_{assessment.kind}",
        obj=risk,
        actor=actor,
        at=at,
        reason=assessment.rationale,
        before=_told(old),
        after=_told(assessment),
    )


def _check(scale: Scale, likelihood: int, impact: int, on: date, at: datetime) -> None:
    if not scale.holds(likelihood, impact):
        most, worst = scale.shape
        raise BadFactsError(
            _("Likelihood goes from 1 to %(most)d and impact from 1 to %(worst)d.")
            % {"most": most, "worst": worst}
        )
    # A day ahead of us is still today for somebody in the east.
    if on > at.date() + timedelta(days=1):
        raise BadFactsError(_("A risk cannot be assessed in the future."))


def settle(risk: Risk, assessment: Assessment, scale: Scale, *, at: datetime) -> list[str]:
    """Make this the present judgement of its kind, unsaved; the columns that changed."""
    setattr(risk, assessment.kind, assessment)
    changed = [assessment.kind]
    if assessment.kind == AssessmentKind.RESIDUAL:
        risk.score, risk.level, risk.reassess_since = assessment.score, assessment.level, None
        changed += ["score", "level", "reassess_since"]
        if risk.review_on is None:
            risk.review_on = next_review(risk, at.date(), scale)
            changed.append("review_on")
    return changed


def _answer_proposals(risk: Risk, *, actor: User | None, at: datetime) -> None:
    """A judgement made anew answers what history was proposing."""
    waiting = risk.proposals.filter(outcome=Outcome.WAITING)
    if actor is None:
        waiting.delete()
    else:
        waiting.update(
            outcome=Outcome.DECLINED, reason=_("Judged anew"), weighed_at=at, weighed_by=actor
        )


def _told(assessment: Assessment | None) -> dict[str, object]:
    if assessment is None:
        return {}
    names = ("likelihood", "impact", "score", "level")
    return {name: getattr(assessment, name) for name in names}
