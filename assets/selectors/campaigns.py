"""What the pages of impact campaigns show, and what one owner still owes."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from assets.models import ImpactCampaign, ImpactQuestion
from bcp_portal.accounts.models import User


@dataclass(frozen=True)
class CampaignLine:
    """A campaign in the list."""

    campaign: ImpactCampaign
    answered: int
    asked: int
    state: str


@dataclass(frozen=True)
class CampaignPage:
    """One campaign with its questions."""

    line: CampaignLine
    questions: list[ImpactQuestion]


def campaign_lines(rows: QuerySet[ImpactCampaign], *, at: datetime) -> list[CampaignLine]:
    """All campaigns, the newest first. One query."""
    counted = rows.select_related("started_by").annotate(
        asked=Count("questions"),
        answered=Count("questions", filter=Q(questions__answered_at__isnull=False)),
    )
    return [
        _line(one, one.answered, one.asked, at=at) for one in counted.order_by("-started_at", "-pk")
    ]


def campaign_page(campaign: ImpactCampaign, *, user: User, at: datetime) -> CampaignPage:
    """One campaign; of its questions those about assets that this person may see."""
    questions = list(
        ImpactQuestion.objects.visible_to(user)
        .filter(campaign=campaign)
        .select_related("asset", "owner")
        .order_by("answered_at", "asset__code")
    )
    answered = sum(1 for one in questions if one.answered_at is not None)
    return CampaignPage(_line(campaign, answered, len(questions), at=at), questions)


def questions_owed(user: User) -> list[ImpactQuestion]:
    """What this person was asked and has not answered, the most urgent first. One query."""
    return list(
        ImpactQuestion.objects.visible_to(user)
        .waiting()
        .filter(owner=user)
        .select_related("asset", "campaign")
        .order_by("campaign__due_at", "asset__code")
    )


def _line(campaign: ImpactCampaign, answered: int, asked: int, *, at: datetime) -> CampaignLine:
    if campaign.closed_at is not None:
        state = "closed"
    elif answered == asked:
        state = "done"
    else:
        state = "overdue" if campaign.is_late(at) else "running"
    return CampaignLine(campaign, answered, asked, state)
