"""The overviews of this room: what was rehearsed, and which promises are open."""

from collections import Counter
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bcp_portal.accounts.models import User
from bcp_portal.reports.holds import register_hold
from bcp_portal.reports.overviews.registry import (
    Overview,
    OverviewPicture,
    Part,
    register_overview,
)
from bcp_portal.reports.overviews.words import Mark
from bcp_portal.reports.paper import PaperColumn, Tile
from incidents.models import ActionItem, Exercise, ExerciseStatus
from incidents.selectors.exercise_centre import Cell, CoverageRow, exercise_centre

STATES = {
    ExerciseStatus.PLANNED: "info",
    ExerciseStatus.RUNNING: "watch",
    ExerciseStatus.FINISHED: "ok",
    ExerciseStatus.CANCELLED: "calm",
}


def exercises(user: User, at: datetime) -> OverviewPicture:
    """What was rehearsed of which scenario, and each exercise with its score."""
    centre = exercise_centre(user, at=at)
    coverage = centre.coverage
    never = sum(all(cell.last is None for cell in row.cells) for row in coverage)
    held = Exercise.objects.visible_to(user).for_list().order_by("-scheduled_for", "pk")
    rows = list(held)
    done = sum(row.status == ExerciseStatus.FINISHED for row in rows)
    late = len(centre.overdue)
    return OverviewPicture(
        lead=_("%(done)d exercises held; %(never)d of %(all)d scenarios were never rehearsed.")
        % {"done": done, "never": never, "all": len(coverage)},
        tone="act" if late else "watch" if never else "ok",
        tiles=[
            Tile(_("Held"), done),
            Tile(_("Did not take place"), late, tone="act" if late else "ok"),
            Tile(_("Scenarios never rehearsed"), never, tone="watch" if never else "ok"),
            Tile(_("RTO proven"), centre.proven, _("only claimed: %d") % centre.claimed),
        ],
        parts=[
            Part(
                _("Coverage by scenario"),
                [
                    PaperColumn(_("Playbook"), "w12", "mono"),
                    PaperColumn(_("Scenario"), ""),
                    *(PaperColumn(kind, "w15") for kind in centre.kinds),
                ],
                [_coverage_row(row) for row in coverage],
                _("The day of the last exercise of each kind."),
            ),
            Part(_("Exercises"), _exercise_columns(), [_exercise_row(row, at) for row in rows]),
        ],
    )


def _coverage_row(row: CoverageRow) -> list[object]:
    return [row.playbook.code, row.title, *(_covered(cell) for cell in row.cells)]


def _covered(cell: Cell) -> Mark:
    if cell.last is None or cell.last.ended_at is None:
        coming = f" ({cell.planned.scheduled_for:%Y-%m-%d})" if cell.planned else ""
        return Mark(_("planned") + coming if cell.planned else _("never"), cell.tone)
    return Mark(f"{cell.last.ended_at:%Y-%m-%d}", cell.tone)


def _exercise_columns() -> list[PaperColumn]:
    return [
        PaperColumn(_("Code"), "w10", "mono"),
        PaperColumn(_("Exercise"), ""),
        PaperColumn(_("Kind"), "w15"),
        PaperColumn(_("When"), "w12"),
        PaperColumn(_("State"), "w15"),
        PaperColumn(_("Score"), "w8", "num"),
        PaperColumn(_("What came of it"), "w20"),
    ]


def _exercise_row(row: Exercise, at: datetime) -> list[object]:
    status = ExerciseStatus(row.status)
    mark = Mark(status.label, STATES.get(status, "info"))
    if row.is_overdue(at):
        mark = Mark(_("Overdue"), "act")
    score = row.score.get("total") if isinstance(row.score, dict) else None
    when = (row.ended_at or row.scheduled_for).date()
    return [row.code, row.title, row.get_kind_display(), when, mark, score, row.outcome[:300]]


def actions(user: User, at: datetime) -> OverviewPicture:
    """Promises that are not kept yet, the latest first, and who gave how many."""
    today = at.date()
    items = ActionItem.objects.visible_to(user).open().for_list().order_by("due_on", "pk")
    rows = list(items)
    overdue = sum(row.is_overdue(today) for row in rows)
    owners = Counter(row.owner.name for row in rows)
    late = Counter(row.owner.name for row in rows if row.is_overdue(today))
    return OverviewPicture(
        lead=_("%(n)d actions are open, %(late)d of them overdue.")
        % {"n": len(rows), "late": overdue},
        tone="act" if overdue else "info",
        tiles=[
            Tile(_("Open"), len(rows)),
            Tile(_("Overdue"), overdue, tone="act" if overdue else "ok"),
            Tile(_("Owners"), len(owners)),
        ],
        parts=[
            Part(
                _("Open actions"),
                [
                    PaperColumn(_("Code"), "w10", "mono"),
                    PaperColumn(_("What was promised"), ""),
                    PaperColumn(_("Incident"), "w10", "mono"),
                    PaperColumn(_("Owner"), "w15"),
                    PaperColumn(_("Due"), "w12"),
                    PaperColumn(_("State"), "w12"),
                ],
                [_action_row(row, at) for row in rows],
            ),
            Part(
                _("By owner"),
                [
                    PaperColumn(_("Owner"), ""),
                    PaperColumn(_("Open"), "w15", "num"),
                    PaperColumn(_("Overdue"), "w15", "num"),
                ],
                [[name, count, late[name]] for name, count in owners.most_common()],
            ),
        ],
    )


def _action_row(row: ActionItem, at: datetime) -> list[object]:
    mark = Mark(_("Overdue"), "act") if row.is_overdue(at.date()) else Mark(_("Open"), "info")
    return [row.code, row.text, row.incident.code, row.owner.name, row.due_on, mark]


def exercise_under_way(at: datetime) -> str:
    """Why no report is mailed now: nothing leaves the room while people rehearse."""
    running = Exercise.objects.filter(status=ExerciseStatus.RUNNING).order_by("pk").first()
    return _("Waits for the end of the exercise %s") % running.code if running else ""


def register() -> None:
    """Tell the registry, and who holds mails back."""
    register_hold(exercise_under_way)
    register_overview(
        Overview(
            "exercises_and_coverage",
            gettext_lazy("Exercises and coverage"),
            gettext_lazy("What was rehearsed of which scenario, when, and with which score."),
            "incidents.view_exercise",
            exercises,
        )
    )
    register_overview(
        Overview(
            "actions_open",
            gettext_lazy("Open actions"),
            gettext_lazy("Promises of reviews and incidents that are not kept yet."),
            "incidents.view_actionitem",
            actions,
        )
    )
