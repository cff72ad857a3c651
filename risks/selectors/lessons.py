"""What a closed incident teaches: offers to targets and evidence for risks."""

from collections.abc import Iterable
from dataclasses import dataclass

from bcp_portal.accounts.models import User
from incidents.models import Incident, IncidentStatus
from risks.models import AchievementOffer, IncidentLessons, RiskEvidence


@dataclass(frozen=True)
class OfferLine:
    """An offer to a target, and whether this person may decide about it."""

    offer: AchievementOffer
    may_weigh: bool
    owners: str


@dataclass(frozen=True)
class EvidenceLine:
    """A piece of evidence, and whether this person may weigh it."""

    evidence: RiskEvidence
    may_weigh: bool


@dataclass(frozen=True)
class Lessons:
    """What the part "what this incident teaches" shows."""

    incident: Incident
    is_closed: bool
    is_offered: bool
    offers: list[OfferLine]
    evidence: list[EvidenceLine]
    may_link: bool


def lessons_of(incident: Incident, *, user: User) -> Lessons:
    """Gather the lessons in a fixed number of queries."""
    offers = AchievementOffer.objects.visible_to(user).filter(incident=incident)
    evidence = RiskEvidence.objects.visible_to(user).filter(incident=incident)
    return Lessons(
        incident=incident,
        is_closed=incident.status == IncidentStatus.CLOSED,
        is_offered=IncidentLessons.objects.filter(incident=incident).exists(),
        offers=offer_lines(offers.for_list().order_by("asset__code", "-measure"), user),
        evidence=evidence_lines(evidence.for_list().order_by("risk__code"), user),
        may_link=user.has_perm("risks.run_risk"),
    )


def offer_lines(offers: Iterable[AchievementOffer], user: User) -> list[OfferLine]:
    """Offers with who decides about them."""
    lines = []
    for offer in offers:
        owners = [one for one in (offer.asset.business_owner, offer.asset.technical_owner) if one]
        lines.append(
            OfferLine(
                offer=offer,
                may_weigh=user.has_perm("assets.record_achievement")
                and (not owners or user in owners),
                owners=", ".join(sorted({one.name for one in owners})),
            )
        )
    return lines


def evidence_lines(evidence: Iterable[RiskEvidence], user: User) -> list[EvidenceLine]:
    """Evidence with whether this person weighs it."""
    may = user.has_perm("risks.weigh_evidence")
    return [
        EvidenceLine(one, may and user.pk in {one.risk.owner_id, one.risk.business_owner_id})
        for one in evidence
    ]
