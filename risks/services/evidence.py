"""Verbs of evidence: what closed incidents offer to targets and risks, and its weighing."""

from datetime import datetime

from django.utils.translation import gettext as _

from assets.changes import need_reason
from assets.models import AchievementSource, Asset, Measure
from assets.services.achievement import record_achievement
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.live.services import publish
from bcp_portal.shared.errors import DomainError, NotAllowedError
from incidents.models import Incident, IncidentAsset, IncidentKind, IncidentStatus
from risks.models import AchievementOffer, IncidentLessons, Outcome, Risk, RiskEvidence
from risks.services.risk import lock_in_force, tell

# What kind of harm an incident was, in the words of the register's categories.
CATEGORY_OF = {IncidentKind.INTEGRITY: "integrity", IncidentKind.SECURITY: "security"}


class AlreadyWeighedError(DomainError):
    """Somebody has already decided about this piece of evidence."""


def offers_for_closed_incidents(*, at: datetime) -> str:
    """Let every closed incident that has not yet spoken make its offers; run again and again."""
    closed = (
        Incident.objects.common().filter(status=IncidentStatus.CLOSED, lessons=None).order_by("pk")
    )
    offered = sum(1 for incident in closed[:50] if offer_lessons(incident=incident, at=at))
    return f"{offered} incidents offered"


@verb
def offer_lessons(*, incident: Incident, at: datetime) -> bool:
    """Offer what was achieved to the targets, and the incident itself to the risks it touches."""
    _lessons, is_new = IncidentLessons.objects.get_or_create(
        incident=incident, defaults={"offered_at": at}
    )
    if not is_new:
        return False
    hits = list(incident.assets.select_related("asset").order_by("pk"))
    AchievementOffer.objects.bulk_create(
        offer for hit in hits for offer in _achievement_offers(incident, hit, at=at)
    )
    if not incident.is_exercise:
        _offer_to_risks(incident, [hit.asset for hit in hits], at=at)
    audit(action="incident.offer_lessons", obj=incident, actor=None, at=at)
    publish(topic=f"incident:{incident.pk}", kind="lessons", at=at, permission="risks.view_risk")
    return True


@verb
def link_incident(
    *, risk: Risk, incident: Incident, note: str, actor: User, at: datetime
) -> RiskEvidence:
    """Offer an incident to a risk by hand."""
    risk = lock_in_force(risk)
    evidence, is_new = RiskEvidence.objects.get_or_create(
        risk=risk, incident=incident, defaults={"note": note, "offered_at": at}
    )
    if is_new:
        after = {"incident": incident.code, "note": note}
        audit(action="risk.link_incident", obj=risk, actor=actor, at=at, after=after)
        tell(at=at)
    return evidence


@verb
def accept_evidence(
    *, evidence: RiskEvidence, reason: str, actor: User, at: datetime
) -> RiskEvidence:
    """Say that the incident changes how the risk must be judged: it has to be assessed again."""
    weighed = _weigh_evidence(evidence, Outcome.ACCEPTED, reason, actor=actor, at=at)
    risk = lock_in_force(weighed.risk)
    if risk.reassess_since is None:
        risk.reassess_since = at
        risk.save(update_fields=["reassess_since"])
    return weighed


@verb
def decline_evidence(
    *, evidence: RiskEvidence, reason: str, actor: User, at: datetime
) -> RiskEvidence:
    """Say that the incident teaches nothing new about the risk, and why."""
    return _weigh_evidence(evidence, Outcome.DECLINED, reason, actor=actor, at=at)


@verb
def accept_achievement(
    *, offer: AchievementOffer, reason: str = "", actor: User, at: datetime
) -> AchievementOffer:
    """Record what the recovery really took as proof, or disproof, of the target."""
    offer = _weigh_offer(offer, Outcome.ACCEPTED, reason, actor=actor, at=at)
    incident = offer.incident
    record_achievement(
        asset=offer.asset,
        measure=offer.measure,
        source_kind=AchievementSource.EXERCISE
        if incident.is_exercise
        else AchievementSource.INCIDENT,
        source_code=incident.code,
        achieved=offer.achieved,
        target=offer.target,
        happened_at=offer.happened_at,
        actor=actor,
        at=at,
    )
    return offer


@verb
def decline_achievement(
    *, offer: AchievementOffer, reason: str, actor: User, at: datetime
) -> AchievementOffer:
    """Say that this recovery says nothing about the target, and why."""
    return _weigh_offer(offer, Outcome.DECLINED, need_reason(reason), actor=actor, at=at)


def _achievement_offers(
    incident: Incident, hit: IncidentAsset, *, at: datetime
) -> list[AchievementOffer]:
    spans = []
    recovered_at = hit.recovered_at or incident.recovered_at
    if recovered_at is not None and recovered_at >= hit.down_at:
        spans.append((Measure.RTO, recovered_at - hit.down_at, hit.rto))
    if hit.data_lost_from is not None and hit.data_lost_from <= hit.down_at:
        spans.append((Measure.RPO, hit.down_at - hit.data_lost_from, hit.rpo))
    return [
        AchievementOffer(
            incident=incident,
            asset=hit.asset,
            measure=measure,
            achieved=achieved,
            target=target,
            happened_at=recovered_at or hit.down_at,
            offered_at=at,
        )
        for measure, achieved, target in spans
    ]


def _offer_to_risks(incident: Incident, assets: list[Asset], *, at: datetime) -> None:
    """Risks that name a hit asset; and those of the same kind of harm that name no asset at all."""
    in_force = Risk.objects.in_force()
    hit = set(in_force.filter(assets__in=assets).values_list("pk", flat=True))
    category = CATEGORY_OF.get(IncidentKind(incident.kind), "availability")
    alike = set(in_force.filter(category__code=category, assets=None).values_list("pk", flat=True))
    # Translated when shown, so stored as a word.
    RiskEvidence.objects.bulk_create(
        [
            RiskEvidence(
                risk_id=pk,
                incident=incident,
                note="asset" if pk in hit else "category",
                offered_at=at,
            )
            for pk in sorted(hit | alike)
        ],
        ignore_conflicts=True,
    )


def _weigh_evidence(
    evidence: RiskEvidence, outcome: Outcome, reason: str, *, actor: User, at: datetime
) -> RiskEvidence:
    evidence = RiskEvidence.objects.select_for_update(of=("self",)).get(pk=evidence.pk)
    risk = evidence.risk
    if actor.pk not in {risk.owner_id, risk.business_owner_id}:
        raise NotAllowedError(
            _("%(owner)s answers for %(code)s and weighs its evidence.")
            % {"owner": risk.owner.name, "code": risk.code}
        )
    if evidence.outcome != Outcome.WAITING:
        raise AlreadyWeighedError(_("This evidence has already been weighed."))
    evidence.outcome, evidence.reason = outcome, need_reason(reason)
    evidence.weighed_at, evidence.weighed_by = at, actor
    evidence.save(update_fields=["outcome", "reason", "weighed_at", "weighed_by"])
    audit(
        action=f"risk.evidence_{outcome.value}",
        obj=risk,
        actor=actor,
        at=at,
        reason=evidence.reason,
        after={"incident": evidence.incident.code, "outcome": outcome.value},
    )
    tell(at=at)
    return evidence


def _weigh_offer(
    offer: AchievementOffer, outcome: Outcome, reason: str, *, actor: User, at: datetime
) -> AchievementOffer:
    offer = AchievementOffer.objects.select_for_update(of=("self",)).get(pk=offer.pk)
    asset = offer.asset
    owners = {asset.business_owner_id, asset.technical_owner_id} - {None}
    # An asset that nobody answers for would otherwise never learn anything.
    if owners and actor.pk not in owners:
        raise NotAllowedError(
            _("The owners of %(code)s decide about its target.") % {"code": asset.code}
        )
    if offer.outcome != Outcome.WAITING:
        raise AlreadyWeighedError(_("This offer has already been decided."))
    offer.outcome, offer.reason = outcome, reason.strip()
    offer.weighed_at, offer.weighed_by = at, actor
    offer.save(update_fields=["outcome", "reason", "weighed_at", "weighed_by"])
    audit(
        action=f"target.evidence_{outcome.value}",
        obj=asset,
        actor=actor,
        at=at,
        reason=offer.reason,
        after={"incident": offer.incident.code, "measure": offer.measure},
    )
    publish(
        topic=f"incident:{offer.incident_id}", kind="lessons", at=at, permission="risks.view_risk"
    )
    return offer
