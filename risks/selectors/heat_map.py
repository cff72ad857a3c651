"""Where the risks stand on a matrix, counted, each cell with a way to its risks; and who moved."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.urls import reverse

from bcp_portal.accounts.models import User
from risks.models import STANDARD, Risk
from risks.selectors.as_of import Picture, picture_of
from risks.selectors.matrix import MatrixRow, MatrixView, fitting, matrix_view, scale_in_force

Place = tuple[int, int]


@dataclass(frozen=True)
class Move:
    """A risk that stood elsewhere on the day to compare with."""

    code: str
    title: str
    before: Place | None
    after: Place | None
    # "worse", "better", "aside", "new" or "gone".
    way: str


@dataclass(frozen=True)
class HeatMap:
    """What the heat map shows."""

    kind: str
    family: str
    matrix: MatrixView
    total: int
    unrated: int
    unrated_url: str
    again: int
    again_url: str
    moves: list[Move]


def heat_map(
    user: User, *, kind: str, family: str = STANDARD, since: datetime | None = None
) -> HeatMap:
    """Gather the heat map of one kind of judgement in a fixed number of queries."""
    scale = scale_in_force(family)[1]
    risks = Risk.objects.visible_to(user).in_force().filter(matrix_family=family)
    # A judgement by a matrix of another shape has no cell here: it waits to be made again.
    placed = risks.filter(**{f"{kind}__matrix__in": fitting(family, scale.shape)})
    rows = placed.values_list("code", "title", f"{kind}__likelihood", f"{kind}__impact")
    now = {code: (title, (likelihood, impact)) for code, title, likelihood, impact in rows}
    rated = risks.filter(**{f"{kind}__isnull": False}).count()
    total = risks.count()
    register, of = reverse("risks:register"), f"matrix={family}"
    cell = f"{register}?{kind}_likelihood={{likelihood}}&{kind}_impact={{impact}}&{of}"
    view = matrix_view(
        family=family, counts=Counter(place for _title, place in now.values()), url=cell
    )
    moves: list[Move] = []
    if since is not None:
        seen = set(risks.values_list("code", flat=True))
        moves = _moves(now, picture_of("risk", since, user=user), kind, family, scale.holds, seen)
        view = _with_moves(view, moves)
    return HeatMap(
        kind=kind,
        family=family,
        matrix=view,
        total=total,
        unrated=total - rated,
        unrated_url=f"{register}?{kind}_rated=no&{of}",
        again=rated - len(now),
        again_url=f"{register}?unjudged=yes&{of}",
        moves=moves,
    )


def _moves(
    now: dict[str, tuple[str, Place]],
    picture: Picture,
    kind: str,
    family: str,
    holds: Any,
    seen: set[str],
) -> list[Move]:
    then: dict[str, Place] = {}
    titles: dict[str, str] = {}
    for row in picture.in_force:
        judged = row.facts.get(kind)
        if judged and row.facts.get("matrix", STANDARD) == family:
            place = (judged["likelihood"], judged["impact"])
            if holds(*place):
                then[row.code] = place
                titles[row.code] = str(row.facts["title"])
    moves = []
    for code in sorted(now.keys() | then.keys()):
        title, after = now.get(code, (titles.get(code, ""), None))
        before = then.get(code)
        # One that waits to be judged again has not left the register.
        if before != after and (after is not None or code not in seen):
            moves.append(Move(code, title, before, after, _way(before, after)))
    order = ("worse", "new", "aside", "better", "gone")
    return sorted(moves, key=lambda move: (order.index(move.way), move.code))


def _way(before: Place | None, after: Place | None) -> str:
    if before is None or after is None:
        return "new" if before is None else "gone"
    grew = [new - old for old, new in zip(before, after, strict=True)]
    if min(grew) >= 0:
        return "worse"
    return "better" if max(grew) <= 0 else "aside"


def _with_moves(view: MatrixView, moves: list[Move]) -> MatrixView:
    came = Counter(move.after for move in moves)
    left = Counter(move.before for move in moves)
    rows = [
        MatrixRow(
            row.axis,
            [
                replace(
                    cell,
                    came=came[cell.likelihood, cell.impact],
                    left=left[cell.likelihood, cell.impact],
                )
                for cell in row.cells
            ],
        )
        for row in view.rows
    ]
    return replace(view, rows=rows)
