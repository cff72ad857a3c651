"""Verbs of a likelihood proposal: history offers another band, the owner decides with a reason."""

from dataclasses import asdict
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from assets.changes import need_reason
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError, NotAllowedError
from risks.models import LikelihoodProposal, Outcome, Risk
from risks.rates import Movement, movement
from risks.selectors.matrix import scales_in_force
from risks.selectors.movement import counts_of_risks
from risks.services.assessment import assess_risk
from risks.services.risk import lock_in_force, tell
from risks.services.telling import tell_people

LOOKED_BACK = timedelta(days=3 * 365)


class AlreadyWeighedError(DomainError):
    """Somebody has already decided about this proposal."""


def propose_movements(*, at: datetime) -> str:
    """Hold every judged risk against its history; run again and again."""
    scales = scales_in_force()
    offered = 0
    for one in counts_of_risks(at=at, back=LOOKED_BACK):
        edges = scales.of(one.family).rate_edges()
        found = movement(step_now=one.step, events=one.events, years=one.years, edges=edges)
        if found.moves:
            offered += offer_movement(risk_id=one.risk_id, found=found, at=at)
    return f"{offered} offered"


@verb
def offer_movement(*, risk_id: int, found: Movement, at: datetime) -> int:
    """Offer another band; a newer offer replaces the one that waits, a declined one stays away
    until something more has happened."""
    risk = Risk.objects.select_for_update(of=("self",)).get(pk=risk_id)
    weighed = risk.proposals.exclude(outcome=Outcome.WAITING).order_by("-weighed_at").first()
    if weighed is not None and weighed.sums["events"] >= found.events:
        return 0
    waiting = risk.proposals.filter(outcome=Outcome.WAITING).first()
    if waiting is not None:
        if (waiting.step, waiting.sums["events"]) == (found.step, found.events):
            return 0
        waiting.step, waiting.step_now, waiting.sums = found.step, found.step_now, asdict(found)
        waiting.offered_at = at
        waiting.save()
    else:
        LikelihoodProposal.objects.create(
            risk=risk,
            step_now=found.step_now,
            step=found.step,
            sums=asdict(found),
            offered_at=at,
        )
    after = {"from": found.step_now, "to": found.step, "events": found.events}
    audit(action="risk.propose_likelihood", obj=risk, actor=None, at=at, after=after)
    tell_people(
        [risk.owner],
        gettext_noop(
            "History proposes another likelihood for %(code)s: %(before)s → %(after)s "
            "(%(events)s events)."
        ),
        {
            "code": risk.code,
            "before": found.step_now,
            "after": found.step,
            "events": found.events,
        },
        path=f"/risks/{risk.code}/",
        at=at,
    )
    tell(at=at)
    return 1


@verb
def accept_movement(
    *, proposal: LikelihoodProposal, reason: str, actor: User, at: datetime
) -> LikelihoodProposal:
    """Judge the risk by what history says; the impact stays."""
    proposal = _weigh(proposal, Outcome.ACCEPTED, reason, actor=actor, at=at)
    risk = proposal.risk
    assert risk.residual is not None  # only judged risks get proposals
    assess_risk(
        risk=risk,
        kind="residual",
        likelihood=proposal.step,
        impact=risk.residual.impact,
        rationale=_("%(events)d events in %(years).1f years. %(reason)s")
        % {
            "events": proposal.sums["events"],
            "years": proposal.sums["years"],
            "reason": proposal.reason,
        },
        actor=actor,
        at=at,
    )
    return proposal


@verb
def decline_movement(
    *, proposal: LikelihoodProposal, reason: str, actor: User, at: datetime
) -> LikelihoodProposal:
    """Say why history misleads here; the judgement stays."""
    return _weigh(proposal, Outcome.DECLINED, reason, actor=actor, at=at)


def _weigh(
    proposal: LikelihoodProposal, outcome: Outcome, reason: str, *, actor: User, at: datetime
) -> LikelihoodProposal:
    risk = lock_in_force(proposal.risk)
    proposal = LikelihoodProposal.objects.select_related("risk__residual").get(pk=proposal.pk)
    if actor.pk not in {risk.owner_id, risk.business_owner_id}:
        raise NotAllowedError(
            _("%(owner)s answers for %(code)s and weighs its evidence.")
            % {"owner": risk.owner.name, "code": risk.code}
        )
    if proposal.outcome != Outcome.WAITING:
        raise AlreadyWeighedError(_("This proposal has already been weighed."))
    proposal.outcome, proposal.reason = outcome, need_reason(reason)
    proposal.weighed_at, proposal.weighed_by = at, actor
    proposal.save(update_fields=["outcome", "reason", "weighed_at", "weighed_by"])
    audit(
        action=f"risk.likelihood_{outcome.value}",
        obj=risk,
        actor=actor,
        at=at,
        reason=proposal.reason,
        after={"from": proposal.step_now, "to": proposal.step},
    )
    tell(at=at)
    return proposal
