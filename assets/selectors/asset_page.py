"""What the page of one asset shows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from assets.custom import CustomLine, custom_lines
from assets.feasibility import hard_groups, known_share
from assets.models import Achievement, Asset, Dependency, FailoverPath, Measure, RecoveryTarget
from assets.proof import Proof, Trial, prove
from assets.selectors.graph import FindingLine, Graph, finding_line, load_graph
from assets.selectors.history import HistoryEntry, history_of
from bcp_portal.accounts.models import User


@dataclass(frozen=True)
class TargetLine:
    """One promise and how far it can be believed."""

    measure: str
    label: str
    value: timedelta | None
    proof: Proof


@dataclass(frozen=True)
class PathStep:
    """One asset on the critical path, with what it takes by itself."""

    code: str
    name: str
    url_code: str
    own_restore: timedelta | None


@dataclass(frozen=True)
class ArrowLine:
    """An asset on the other end of an arrow."""

    pk: int
    other: Asset
    kind: str
    kind_label: str
    group: str
    needed: int
    rto: timedelta | None
    is_critical: bool


@dataclass(frozen=True)
class AssetPage:
    """What the asset page shows."""

    asset: Asset
    target: RecoveryTarget | None
    targets: list[TargetLine]
    needs: list[ArrowLine]
    needed_by: list[ArrowLine]
    hidden_count: int
    path: list[PathStep]
    restore: timedelta | None
    restore_is_known: bool
    standing: str
    known_count: int
    known_of: int
    findings: list[FindingLine]
    achievements: list[Achievement]
    failover_paths: list[FailoverPath]
    history: list[HistoryEntry]
    custom: list[CustomLine]

    @property
    def known_share(self) -> int:
        """How many per cent of the restore times below are known."""
        return round(100 * self.known_count / self.known_of) if self.known_of else 0


def asset_page(asset: Asset, *, user: User, at: datetime, graph: Graph | None = None) -> AssetPage:
    """Gather the asset page in a fixed number of queries; `graph` if promises are only proposed."""
    target = getattr(asset, "recovery_target", None)
    achievements = list(asset.achievements.select_related("recorded_by").order_by("-happened_at"))
    graph = graph or load_graph()
    arrows = list(_arrows(asset))
    path = graph.verdict.path(asset.pk)
    ends = {pk for arrow in arrows for pk in (arrow.asset_id, arrow.depends_on_id)}
    found = graph.verdict.findings.get(asset.pk, [])
    fixes = graph.fixes(asset.pk)
    ends |= {*path, *(fix.asset for fix in fixes)}
    ends |= {key for one in found for key in (one.other, one.fix, *one.path) if key is not None}
    visible = {
        one.pk: one
        for one in Asset.objects.visible_to(user)
        .filter(pk__in=ends)
        .select_related("recovery_target")
    }
    names = {pk: one.code for pk, one in visible.items()}
    needs = _lines(arrows, asset.pk, visible, path, up=False)
    needed_by = _lines(arrows, asset.pk, visible, path, up=True)
    restore = graph.verdict.restores.get(asset.pk)
    known, of = known_share(
        asset.pk,
        {key: node.own_restore for key, node in graph.nodes.items()},
        hard_groups(graph.nodes, graph.arrows),
    )
    return AssetPage(
        asset=asset,
        target=target,
        targets=target_lines(target, achievements, at=at),
        needs=needs,
        needed_by=needed_by,
        hidden_count=len(arrows) - len(needs) - len(needed_by),
        path=[_step(pk, graph, visible) for pk in path] if len(path) > 1 else [],
        restore=timedelta(seconds=restore.seconds) if restore else None,
        restore_is_known=bool(restore and restore.is_known),
        standing=graph.standing(asset.pk).value,
        known_count=known,
        known_of=of,
        findings=[finding_line(finding, names, fixes) for finding in found],
        achievements=achievements,
        failover_paths=list(
            FailoverPath.objects.visible_to(user).filter(asset=asset).for_list().order_by("name")
        ),
        history=history_of(asset),
        custom=custom_lines(asset, "asset"),
    )


def target_lines(
    target: RecoveryTarget | None, achievements: Iterable[Achievement], *, at: datetime
) -> list[TargetLine]:
    """RTO and RPO beside what was really achieved."""
    rows = list(achievements)
    values = {
        Measure.RTO: target.rto if target else None,
        Measure.RPO: target.rpo if target else None,
    }
    return [
        TargetLine(
            measure=measure.value,
            label=str(measure.label),
            value=value,
            proof=prove(
                value,
                [Trial(row.achieved, row.happened_at) for row in rows if row.measure == measure],
                at=at,
            ),
        )
        for measure, value in values.items()
    ]


def _arrows(asset: Asset) -> Iterable[Dependency]:
    return (
        Dependency.objects.filter(asset=asset) | Dependency.objects.filter(depends_on=asset)
    ).order_by("kind", "group", "pk")


def _lines(
    arrows: Iterable[Dependency],
    pk: int,
    visible: dict[int, Asset],
    path: tuple[int, ...],
    *,
    up: bool,
) -> list[ArrowLine]:
    lines = []
    for arrow in arrows:
        here, there = (
            (arrow.depends_on_id, arrow.asset_id) if up else (arrow.asset_id, arrow.depends_on_id)
        )
        other = visible.get(there)
        if here != pk or other is None:
            continue
        target = getattr(other, "recovery_target", None)
        lines.append(
            ArrowLine(
                pk=arrow.pk,
                other=other,
                kind=arrow.kind,
                kind_label=arrow.get_kind_display(),
                group=arrow.group,
                needed=arrow.needed,
                rto=target.rto if target else None,
                is_critical=not up and there in path and arrow.kind == "hard",
            )
        )
    return lines


def _step(pk: int, graph: Graph, visible: dict[int, Asset]) -> PathStep:
    asset = visible.get(pk)
    return PathStep(
        code=asset.code if asset else "•••",
        name=asset.name if asset else "",
        url_code=asset.code if asset else "",
        own_restore=graph.nodes[pk].own_restore,
    )
