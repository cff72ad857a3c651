"""How much each person was called, at which hours, and by which causes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bcp_portal.accounts.models import User
from incidents.models import Incident, IncidentKind, Notice, NoticeKind

# Hours in which a call takes somebody out of bed, by the clock on the person's own wall.
NIGHT = frozenset({22, 23, 0, 1, 2, 3, 4, 5})


@dataclass(frozen=True)
class PersonLoad:
    """The calls of one person."""

    name: str
    calls: int
    answered: int
    at_night: int
    causes: list[tuple[str, int]]


def call_loads(incidents: Sequence[Incident]) -> list[PersonLoad]:
    """The calls of these incidents by person, the most called first; one query."""
    kinds = {row.pk: str(IncidentKind(row.kind).label) for row in incidents}
    calls = Notice.objects.filter(incident__in=list(kinds), kind=NoticeKind.CALL)
    found: dict[int, list[Notice]] = {}
    for call in calls.select_related("person").order_by("pk"):
        found.setdefault(call.person_id, []).append(call)
    loads = [_load(rows[0].person, rows, kinds) for rows in found.values()]
    return sorted(loads, key=lambda load: (-load.calls, load.name))


def _load(person: User, calls: Sequence[Notice], kinds: dict[int, str]) -> PersonLoad:
    causes = Counter(kinds[call.incident_id] for call in calls if call.incident_id is not None)
    return PersonLoad(
        name=person.name,
        calls=len(calls),
        answered=sum(call.acknowledged_at is not None for call in calls),
        at_night=sum(_hour(call.created_at, person) in NIGHT for call in calls),
        causes=causes.most_common(),
    )


def _hour(moment: datetime, person: User) -> int:
    return moment.astimezone(person.zone()).hour
