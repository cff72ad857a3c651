"""Read models of the exercise centre: the calendar, the coverage, the next best exercise."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from assets.models import Asset, AssetKind, FailoverPath
from assets.proof import ProofState
from assets.selectors.graph import Graph, load_graph
from assets.selectors.targets import with_proof
from bcp_portal.accounts.models import User
from incidents.models import Exercise, ExerciseKind, ExerciseStatus, Playbook
from incidents.scoring import Candidate, Ranked, rank

# A rehearsal is fresh for a year; after three quarters of it, it is time to plan the next one.
FRESH, SOON = timedelta(days=365), timedelta(days=270)
TESTABLE = (AssetKind.APPLICATION, AssetKind.DATABASE, AssetKind.INFRASTRUCTURE)
PREPARE_H, SWITCH_H, DRILL_H = 0.5, 1.0, 2.0


@dataclass(frozen=True)
class Month:
    """The exercises of one month."""

    first: datetime
    exercises: list[Exercise]


@dataclass(frozen=True)
class Cell:
    """How well one scenario is covered by one kind of exercise."""

    kind: str
    tone: str
    last: Exercise | None
    planned: Exercise | None


@dataclass(frozen=True)
class CoverageRow:
    """One scenario and what was rehearsed of it."""

    playbook: Playbook
    title: str
    cells: list[Cell]


@dataclass(frozen=True)
class Suggestion:
    """An exercise worth holding: what it would prove, and how long it takes."""

    kind: str
    label: str
    title: str
    hours: float
    unproven: list[Asset]
    on_path: int
    worth: float
    query: str


@dataclass(frozen=True)
class ExerciseCentre:
    """What the exercise centre shows."""

    running: list[Exercise]
    overdue: list[Exercise]
    months: list[Month]
    past: list[Exercise]
    coverage: list[CoverageRow]
    kinds: list[str]
    suggestions: list[Suggestion]
    proven: int
    claimed: int


def exercise_centre(user: User, *, at: datetime) -> ExerciseCentre:
    """Gather the exercise centre in a fixed number of queries."""
    rows = list(Exercise.objects.visible_to(user).for_list().order_by("scheduled_for", "pk"))
    planned = [row for row in rows if row.status == ExerciseStatus.PLANNED]
    in_use = with_proof(Asset.objects.visible_to(user).in_use(), at=at)
    assets = list(in_use.order_by("code"))
    # Not a field: the database worked it out beside each row.
    states = {asset.pk: str(vars(asset)["rto_state"]) for asset in assets}
    known = [state for state in states.values() if state != ProofState.UNKNOWN]
    proven = known.count(ProofState.PROVEN)
    past = [row for row in rows if row.status == ExerciseStatus.FINISHED]
    return ExerciseCentre(
        running=[row for row in rows if row.status == ExerciseStatus.RUNNING],
        overdue=[row for row in planned if row.is_overdue(at)],
        months=_months([row for row in planned if not row.is_overdue(at)]),
        past=sorted(past, key=lambda row: row.ended_at or at, reverse=True)[:20],
        coverage=_coverage(rows, at=at),
        kinds=[str(label) for _kind, label in ExerciseKind.choices],
        suggestions=_suggestions(user, assets, states),
        proven=proven,
        claimed=len(known) - proven,
    )


def _months(rows: list[Exercise]) -> list[Month]:
    months: dict[tuple[int, int], list[Exercise]] = {}
    for row in rows:
        months.setdefault((row.scheduled_for.year, row.scheduled_for.month), []).append(row)
    return [Month(found[0].scheduled_for, found) for found in months.values()]


def _coverage(rows: list[Exercise], *, at: datetime) -> list[CoverageRow]:
    plans = Playbook.objects.usable().filter(retired_at=None).order_by("code")
    return [
        CoverageRow(
            plan,
            plan.said("title"),
            [
                _cell(kind, [r for r in rows if r.playbook_id == plan.pk and r.kind == kind], at)
                for kind in ExerciseKind.values
            ],
        )
        for plan in plans
    ]


def _cell(kind: str, rows: list[Exercise], at: datetime) -> Cell:
    done = [row for row in rows if row.status == ExerciseStatus.FINISHED and row.ended_at]
    coming = [row for row in rows if row.status == ExerciseStatus.PLANNED]
    last = max(done, key=lambda row: row.ended_at or at, default=None)
    age = at - last.ended_at if last and last.ended_at else None
    tone = "unknown" if age is None else "ok" if age < SOON else "watch" if age < FRESH else "act"
    return Cell(kind, tone, last, coming[0] if coming else None)


def _suggestions(user: User, assets: list[Asset], states: dict[int, str]) -> list[Suggestion]:
    graph = load_graph()
    by_pk = {asset.pk: asset for asset in assets}
    unproven = {
        asset.pk: 5 - asset.criticality
        for asset in assets
        if states[asset.pk] not in (ProofState.PROVEN, ProofState.UNKNOWN)
    }
    found = rank(_candidates(user, assets, graph), unproven=unproven)
    return [_suggestion(one, by_pk) for one in found]


def _candidates(user: User, assets: list[Asset], graph: Graph) -> Iterator[Candidate]:
    names = {asset.pk: asset for asset in assets}
    for asset in assets:
        if asset.kind not in TESTABLE or asset.is_third_party:
            continue
        restore = graph.verdict.restores.get(asset.pk)
        hours = (restore.seconds / 3600 if restore else 1.0) + PREPARE_H
        path = tuple(pk for pk in graph.verdict.path(asset.pk) if pk in names)
        yield Candidate(("restore", asset.pk, ""), path, hours)
    for way in FailoverPath.objects.visible_to(user).for_list().exclude(asset=None):
        if way.asset_id in names:
            yield Candidate(("failover", way.asset_id, str(way.pk)), (way.asset_id,), SWITCH_H)
    for plan in Playbook.objects.usable().filter(retired_at=None).prefetch_related("assets"):
        path = tuple(asset.pk for asset in plan.assets.all() if asset.pk in names)
        if path:
            yield Candidate(("drill", path[0], plan.code), path, DRILL_H)


def _suggestion(one: Ranked, by_pk: dict[int, Asset]) -> Suggestion:
    candidate, unproven = one.candidate, one.unproven
    kind, asset_pk, extra = candidate.key
    named = "&".join(f"assets={by_pk[pk].pk}" for pk in candidate.path)
    more = {"failover": f"&failover_path={extra}", "drill": f"&playbook={extra}"}.get(kind, "")
    return Suggestion(
        kind=kind,
        label=str(ExerciseKind(kind).label),
        title=by_pk[asset_pk].name if kind != "drill" else extra,
        hours=candidate.hours,
        unproven=[by_pk[pk] for pk in unproven],
        on_path=len(candidate.path),
        worth=one.worth,
        query=f"kind={kind}&{named}{more}",
    )
