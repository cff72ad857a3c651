"""The teams of an incident, and whose span of control is too wide."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Prefetch

from incidents.models import Incident, Team, TeamMember

# More people than this cannot be led by one person who has to decide as well.
SPAN_OF_CONTROL = 7


@dataclass(frozen=True)
class TeamLine:
    """One team, and how many people its lead leads in all teams together."""

    team: Team
    members: list[TeamMember]
    span: int

    @property
    def is_too_wide(self) -> bool:
        """Whether the lead should hand some people to somebody else."""
        return self.span > SPAN_OF_CONTROL


def team_lines(incident: Incident) -> list[TeamLine]:
    """The teams that stand; two queries."""
    present = TeamMember.objects.filter(left_at=None).select_related("user").order_by("joined_at")
    teams = list(
        Team.objects.standing()
        .filter(incident=incident)
        .select_related("lead")
        .prefetch_related(Prefetch("members", present))
        .order_by("formed_at", "pk")
    )
    spans: Counter[int] = Counter()
    for team in teams:
        spans[team.lead_id] += len(team.members.all())
    return [TeamLine(team, list(team.members.all()), spans[team.lead_id]) for team in teams]
