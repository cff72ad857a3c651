"""The dependency map: assets as nodes, dependencies as arrows, for the list and the drawing."""

from dataclasses import asdict, dataclass
from typing import Any

from assets.graph_order import in_order
from assets.models import Asset, Dependency, DependencyKind
from assets.selectors.graph import Graph, load_graph
from bcp_portal.accounts.models import User
from bcp_portal.shared.durations import format_duration


@dataclass(frozen=True)
class MapNode:
    """One asset on the map."""

    id: str
    code: str
    name: str
    kind: str
    kind_label: str
    criticality: int
    rto: str
    restore: str
    standing: str
    is_third_party: bool


@dataclass(frozen=True)
class MapArrow:
    """One dependency on the map."""

    pk: int
    code: str
    source: str
    target: str
    kind: str
    is_critical: bool


@dataclass(frozen=True)
class DependencyMap:
    """What the dependency map shows."""

    nodes: list[MapNode]
    arrows: list[MapArrow]
    lines: list[tuple[MapNode, list[tuple[MapNode, str]]]]
    circles: list[str]

    def drawing(self) -> dict[str, Any]:
        """The same for the script that draws it."""
        return {
            "nodes": [asdict(node) for node in self.nodes],
            "arrows": [asdict(arrow) for arrow in self.arrows],
        }


def dependency_map(user: User) -> DependencyMap:
    """Gather the map in a fixed number of queries."""
    graph = load_graph()
    assets = list(
        Asset.objects.visible_to(user).in_use().select_related("recovery_target").order_by("code")
    )
    nodes = {asset.pk: _node(asset, graph) for asset in assets}
    labels = dict(DependencyKind.choices)
    arrows: list[MapArrow] = []
    lines: dict[int, tuple[MapNode, list[tuple[MapNode, str]]]] = {
        pk: (node, []) for pk, node in nodes.items()
    }
    for arrow in Dependency.objects.visible_to(user).order_by("pk"):
        if arrow.asset_id not in nodes or arrow.depends_on_id not in nodes:
            continue
        gate = graph.verdict.restores[arrow.asset_id].gate
        arrows.append(
            MapArrow(
                pk=arrow.pk,
                code=nodes[arrow.asset_id].code,
                source=str(arrow.asset_id),
                target=str(arrow.depends_on_id),
                kind=arrow.kind,
                is_critical=arrow.kind == "hard" and gate == arrow.depends_on_id,
            )
        )
        lines[arrow.asset_id][1].append((nodes[arrow.depends_on_id], str(labels[arrow.kind])))
    return DependencyMap(
        list(nodes.values()), arrows, list(lines.values()), _circles(nodes, arrows)
    )


def _circles(nodes: dict[int, MapNode], arrows: list[MapArrow]) -> list[str]:
    """Every circle by the codes of who hangs in it, whatever the kind of its arrows."""
    needs: dict[int, list[int]] = {}
    for arrow in arrows:
        needs.setdefault(int(arrow.source), []).append(int(arrow.target))
    return [
        ", ".join(sorted(nodes[key].code for key in component))
        for component in in_order(nodes, needs)
        if len(component) > 1
    ]


def _node(asset: Asset, graph: Graph) -> MapNode:
    restore = graph.verdict.restores[asset.pk]
    target = getattr(asset, "recovery_target", None)
    at_least = "" if restore.is_known else "≥ "
    return MapNode(
        id=str(asset.pk),
        code=asset.code,
        name=asset.name,
        kind=asset.kind,
        kind_label=str(asset.get_kind_display()),
        criticality=asset.criticality,
        rto=format_duration(target.rto if target else None),
        restore=f"{at_least}{format_duration(restore.seconds)}",
        standing=graph.standing(asset.pk).value,
        is_third_party=asset.is_third_party,
    )
