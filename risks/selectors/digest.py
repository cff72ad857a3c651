"""What of the register waits for each person: gathered for everybody at once."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Q

from risks.models import Acceptance, Indicator, Risk, Treatment, TreatmentAction, TreatmentStatus

SOON = timedelta(days=7)
ENDING = timedelta(days=14)
SECTIONS = ("reviews", "team", "to_decide", "ending", "treatments", "actions", "indicators")


@dataclass
class Waiting:
    """What waits for one person, as codes by section."""

    reviews: list[str] = field(default_factory=list)
    team: list[str] = field(default_factory=list)
    to_decide: list[str] = field(default_factory=list)
    ending: list[str] = field(default_factory=list)
    treatments: list[str] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    indicators: list[str] = field(default_factory=list)

    def facts(self) -> dict[str, list[str]]:
        """The same as plain values; empty sections are left out."""
        return {name: sorted(getattr(self, name)) for name in SECTIONS if getattr(self, name)}


def waiting_for_people(at: datetime) -> dict[int, Waiting]:
    """Everything that waits, by person: seven queries however many people and risks there are."""
    found: dict[int, Waiting] = defaultdict(Waiting)
    _reviews(found, at.date())
    _acceptances(found, at.date())
    late = Treatment.objects.filter(status=TreatmentStatus.PLANNED, due_on__lt=at.date())
    for code, owner in late.exclude(risk__status="retired").values_list("risk__code", "owner"):
        found[owner].treatments.append(code)
    undone = TreatmentAction.objects.overdue(at.date())
    for code, owner in undone.values_list("treatment__risk__code", "owner"):
        found[owner].actions.append(code)
    watched = Indicator.objects.in_use().only("code", "owner", "measured_at", "stale_after")
    for indicator in watched:
        if indicator.is_stale(at):
            found[indicator.owner_id].indicators.append(indicator.code)
    return dict(found)


def _reviews(found: dict[int, Waiting], today: date) -> None:
    """What is due with its owner, and what is overdue with the owner's manager too."""
    due = Risk.objects.in_force().filter(Q(review_on__lte=today + SOON) | Q(review_on=None))
    rows = due.values_list("code", "owner", "owner__manager", "review_on")
    for code, owner, manager, review_on in rows:
        found[owner].reviews.append(code)
        if manager is not None and (review_on is None or review_on < today):
            found[manager].team.append(code)


def _acceptances(found: dict[int, Waiting], today: date) -> None:
    asked = Acceptance.objects.waiting().filter(approver__isnull=False)
    for code, approver in asked.values_list("risk__code", "approver"):
        found[approver].to_decide.append(code)
    ending = Acceptance.objects.standing().filter(expires_on__lte=today + ENDING)
    for code, owner in ending.values_list("risk__code", "risk__owner"):
        found[owner].ending.append(code)
