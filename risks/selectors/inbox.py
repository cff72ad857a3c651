"""The inbox of the register: evidence and offers that nobody has weighed yet."""

from dataclasses import dataclass

from bcp_portal.accounts.models import User
from risks.models import AchievementOffer, RiskEvidence
from risks.selectors.lessons import EvidenceLine, OfferLine, evidence_lines, offer_lines

SHOWN = 200


@dataclass(frozen=True)
class Inbox:
    """What the inbox shows; what is mine comes first."""

    evidence: list[EvidenceLine]
    offers: list[OfferLine]


def evidence_inbox(user: User) -> Inbox:
    """Gather the inbox in a fixed number of queries."""
    evidence = RiskEvidence.objects.visible_to(user).waiting().for_list()
    offers = AchievementOffer.objects.visible_to(user).waiting().for_list()
    return Inbox(
        evidence=sorted(
            evidence_lines(evidence.order_by("-offered_at")[:SHOWN], user),
            key=lambda line: not line.may_weigh,
        ),
        offers=sorted(
            offer_lines(offers.order_by("-offered_at")[:SHOWN], user),
            key=lambda line: not line.may_weigh,
        ),
    )
