"""The dependency map: assets as nodes, dependencies as arrows, for the list and the drawing."""

from collections import Counter
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

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
    is_on_path: bool


@dataclass(frozen=True)
class MapArrow:
    """One dependency on the map."""

    pk: int
    code: str
    source: str
    target: str
    kind: str
    group: str
    needed: int
    alternatives: str
    words: str
    is_critical: bool
    is_on_path: bool


@dataclass(frozen=True)
class DependencyMap:
    """What the dependency map shows."""

    nodes: list[MapNode]
    arrows: list[MapArrow]
    lines: list[tuple[MapNode, list[tuple[MapNode, MapArrow]]]]
    circles: list[str]
    chosen: MapNode | None
    path: list[str]

    def drawing(self) -> dict[str, Any]:
        """The same for the script that draws it."""
        return {
            "chosen": self.chosen.id if self.chosen else "",
            "nodes": [asdict(node) for node in self.nodes],
            "arrows": [asdict(arrow) for arrow in self.arrows],
        }


def dependency_map(user: User, *, of: str = "") -> DependencyMap:
    """Gather the map in a fixed number of queries; with a code, its critical path stands out."""
    graph = load_graph()
    assets = list(
        Asset.objects.visible_to(user).in_use().select_related("recovery_target").order_by("code")
    )
    chosen = next((asset.pk for asset in assets if asset.code == of), None)
    path = graph.verdict.path(chosen) if chosen is not None else ()
    nodes = {asset.pk: _node(asset, graph, is_on_path=asset.pk in path) for asset in assets}
    steps = set(pairwise(path))
    arrows: list[MapArrow] = []
    lines: dict[int, tuple[MapNode, list[tuple[MapNode, MapArrow]]]] = {
        pk: (node, []) for pk, node in nodes.items()
    }
    seen = [
        arrow
        for arrow in Dependency.objects.visible_to(user).order_by("pk")
        if arrow.asset_id in nodes and arrow.depends_on_id in nodes
    ]
    sizes = Counter((arrow.asset_id, arrow.group) for arrow in seen)
    for arrow in seen:
        drawn = _arrow(arrow, graph, nodes, steps, of=sizes[arrow.asset_id, arrow.group])
        arrows.append(drawn)
        lines[arrow.asset_id][1].append((nodes[arrow.depends_on_id], drawn))
    return DependencyMap(
        list(nodes.values()),
        arrows,
        list(lines.values()),
        _circles(nodes, arrows),
        nodes[chosen] if chosen is not None else None,
        [nodes[key].code if key in nodes else _("an asset you may not see") for key in path],
    )


def _arrow(
    arrow: Dependency,
    graph: Graph,
    nodes: dict[int, MapNode],
    steps: set[tuple[int, int]],
    *,
    of: int,
) -> MapArrow:
    ends = (arrow.asset_id, arrow.depends_on_id)
    is_hard = arrow.kind == DependencyKind.HARD
    words = str(arrow.get_kind_display())
    if arrow.group:
        group = {"needed": arrow.needed, "group": arrow.group}
        words = f"{words} · {_('%(needed)s of “%(group)s”') % group}"
    return MapArrow(
        pk=arrow.pk,
        code=nodes[arrow.asset_id].code,
        source=str(arrow.asset_id),
        target=str(arrow.depends_on_id),
        kind=arrow.kind,
        group=arrow.group,
        needed=arrow.needed,
        alternatives=f"{arrow.needed}/{of} {arrow.group}" if arrow.group else "",
        words=words,
        is_critical=is_hard and graph.verdict.restores[ends[0]].gate == ends[1],
        is_on_path=is_hard and ends in steps,
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


def _node(asset: Asset, graph: Graph, *, is_on_path: bool) -> MapNode:
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
        is_on_path=is_on_path,
    )
