"""The heat map: how many risks stand in each cell, and how many nobody has judged."""

from dataclasses import dataclass

from django.db.models import Count
from django.urls import reverse

from bcp_portal.accounts.models import User
from risks.models import Risk
from risks.selectors.matrix import MatrixView, matrix_view


@dataclass(frozen=True)
class HeatMap:
    """What the heat map shows."""

    kind: str
    matrix: MatrixView
    total: int
    unrated: int
    unrated_url: str


def heat_map(user: User, *, kind: str) -> HeatMap:
    """Gather the heat map of one kind of judgement in a fixed number of queries."""
    risks = Risk.objects.visible_to(user).in_force()
    places = (f"{kind}__likelihood", f"{kind}__impact")
    rows = risks.filter(**{f"{kind}__isnull": False}).values_list(*places)
    counts = {
        (likelihood, impact): count
        for likelihood, impact, count in rows.annotate(count=Count("pk")).order_by()
    }
    total = risks.count()
    register = reverse("risks:register")
    cell = f"{register}?{kind}_likelihood={{likelihood}}&{kind}_impact={{impact}}"
    return HeatMap(
        kind=kind,
        matrix=matrix_view(counts=counts, url=cell),
        total=total,
        unrated=total - sum(counts.values()),
        unrated_url=f"{register}?{kind}_rated=no",
    )
