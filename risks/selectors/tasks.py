"""What of the register waits for one person: three counts and no rows."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q
from django.utils.translation import ngettext

from bcp_portal.accounts.models import User
from risks.models import AchievementOffer, Risk, RiskEvidence

Task = tuple[str, str]


def tasks_of(user: User, *, at: datetime) -> Iterator[Task]:
    """Each kind of thing that waits, as a sentence and the name of the page that shows it."""
    mine = Q(owner=user) | Q(business_owner=user)
    if user.has_perm("risks.weigh_evidence"):
        waiting = RiskEvidence.objects.waiting()
        evidence = waiting.filter(Q(risk__owner=user) | Q(risk__business_owner=user)).count()
        if evidence:
            text = ngettext(
                "%d piece of evidence to weigh", "%d pieces of evidence to weigh", evidence
            )
            yield text % evidence, "risks:inbox"
    if user.has_perm("assets.record_achievement"):
        owned = Q(asset__business_owner=user) | Q(asset__technical_owner=user)
        offers = AchievementOffer.objects.waiting().filter(owned).count()
        if offers:
            text = ngettext("%d achievement to confirm", "%d achievements to confirm", offers)
            yield text % offers, "risks:inbox"
    if user.has_perm("risks.run_risk"):
        overdue = Risk.objects.review_overdue(at.date()).filter(mine).count()
        if overdue:
            text = ngettext("%d risk review overdue", "%d risk reviews overdue", overdue)
            yield text % overdue, "risks:reviews"
