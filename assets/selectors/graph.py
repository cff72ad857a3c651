"""The dependency graph in memory, and its findings in words."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from django.db import connection
from django.utils.translation import gettext as _

from assets.feasibility import (
    UNSURE,
    Arrow,
    Feasibility,
    Finding,
    Node,
    Rule,
    Standing,
    hard_groups,
    judge,
)
from assets.fixes import Budget, Fix, budgets, cheapest_fix
from assets.graph_order import closure
from assets.models import Asset, AssetQuerySet, Dependency
from bcp_portal.shared.durations import format_duration


@dataclass(frozen=True)
class Graph:
    """Every asset in use, every arrow between them, and the verdict on their targets."""

    nodes: Mapping[int, Node]
    arrows: list[Arrow]
    verdict: Feasibility

    def standing(self, key: int) -> Standing:
        """Whether the objectives of an asset can be met; unknown for what is not in use."""
        node = self.nodes.get(key)
        return Standing.UNKNOWN if node is None else self.verdict.standing(key, node)

    def fixes(self, key: int) -> list[Fix]:
        """The cheapest way to be back within the RTO; empty if none is needed or none helps."""
        node, restore = self.nodes.get(key), self.verdict.restores.get(key)
        if node is None or node.rto is None or restore is None:
            return []
        if restore.seconds <= node.rto.total_seconds():
            return []
        return cheapest_fix(key, node.rto, self.nodes, hard_groups(self.nodes, self.arrows))

    def budgets_for(self, key: int) -> dict[int, Budget]:
        """When everything below an asset must be back so that this one keeps its promise."""
        groups = hard_groups(self.nodes, self.arrows)
        follow = {
            above: [one for members, _needed in sets for one in members]
            for above, sets in groups.items()
        }
        below = closure([key], follow) & self.nodes.keys()
        alone = {
            one: self.nodes[one] if one == key else replace(self.nodes[one], rto=None)
            for one in below
        }
        return budgets(alone, {one: groups[one] for one in below if one in groups})


@dataclass(frozen=True)
class FindingLine:
    """A finding as a page shows it."""

    tone: str
    text: str
    fix: str


class GraphOfRows:
    """What the graph says about the rows of a page: judged from them downwards, not everywhere."""

    def __init__(self) -> None:
        self._graph: Graph | None = None

    def gather(self, rows: Sequence[Asset]) -> None:
        """Read what these assets need, directly or not."""
        self._graph = load_graph_below([row.pk for row in rows])

    @property
    def graph(self) -> Graph:
        """The graph below the rows that were gathered; the whole one if none were."""
        if self._graph is None:
            self._graph = load_graph()
        return self._graph


def load_graph_below(keys: Iterable[int]) -> Graph:
    """Judge these assets with all they need; of the others nothing is known. Two queries."""
    wanted = set(keys)
    inside = [Arrow(*arrow) for arrow in _arrows_below(wanted)]
    below = wanted | {arrow.depends_on for arrow in inside}
    nodes = read_nodes(Asset.objects.filter(pk__in=below))
    return Graph(nodes, inside, judge(nodes, inside))


# What an asset needs, and what that needs, on to the end; each arrow once, also in a circle.
_BELOW = """
    WITH RECURSIVE below(asset) AS (
        SELECT asset_id FROM {arrows} WHERE asset_id IN ({keys})
        UNION
        SELECT one.depends_on_id FROM {arrows} one JOIN below ON one.asset_id = below.asset
    )
    SELECT one.asset_id, one.depends_on_id, one.kind, one.{group}, one.needed
    FROM {arrows} one JOIN below ON one.asset_id = below.asset ORDER BY one.id
"""


def _arrows_below(keys: Collection[int]) -> list[tuple[int, int, str, str, int]]:
    """The arrows that leave these assets or anything they need. One query."""
    if not keys:
        return []
    quote = connection.ops.quote_name
    question = _BELOW.format(
        arrows=quote(Dependency._meta.db_table),
        group=quote("group"),
        keys=", ".join(["%s"] * len(keys)),
    )
    with connection.cursor() as cursor:
        cursor.execute(question, sorted(keys))
        return list(cursor.fetchall())


def read_graph() -> tuple[dict[int, Node], list[Arrow]]:
    """Read every asset in use and every arrow between them. Two queries, whatever the size."""
    return read_nodes(Asset.objects.all()), [Arrow(*arrow) for arrow in read_arrows()]


def read_arrows() -> list[tuple[int, int, str, str, int]]:
    """Every arrow. Always in the same order: one that came or went is then found by its place."""
    told = Dependency.objects.order_by("pk")
    return list(told.values_list("asset_id", "depends_on_id", "kind", "group", "needed"))


def read_nodes(assets: AssetQuerySet) -> dict[int, Node]:
    """Those of these assets that are in use, with what they promise and can do."""
    rows = assets.in_use().order_by("pk")
    told = rows.values_list(
        "pk",
        "code",
        "own_restore",
        "recovery_target__rto",
        "recovery_target__rpo",
        "recovery_target__mtpd",
        "recovery_target__wrt",
        "backup_every",
        "impact__bears",
    )
    return {
        pk: Node(code, own, rto, rpo, mtpd, wrt, every, bears)
        for pk, code, own, rto, rpo, mtpd, wrt, every, bears in told
    }


def load_graph(promises: Mapping[int, Mapping[str, timedelta | None]] | None = None) -> Graph:
    """Read and judge the whole graph, with some promises as they are proposed."""
    nodes, arrows = read_graph()
    for key, spans in (promises or {}).items():
        if key in nodes:
            node = nodes[key]
            nodes[key] = replace(
                node, rto=spans["rto"], rpo=spans["rpo"], mtpd=spans["mtpd"], wrt=spans["wrt"]
            )
    return Graph(nodes, arrows, judge(nodes, arrows))


def finding_line(
    finding: Finding, names: Mapping[int, str], fixes: Sequence[Fix] = ()
) -> FindingLine:
    """Say a finding in a sentence with its arithmetic, and the cheapest way out of it."""
    words = {
        "asset": _name(finding.asset, names),
        "other": _name(finding.other, names),
        "promised": format_duration(finding.promised),
        "found": format_duration(finding.found),
        "path": " → ".join(_name(key, names) for key in finding.path),
        "circle": ", ".join(_name(key, names) for key in finding.path),
        "fix": _name(finding.fix, names),
        "fix_to": format_duration(finding.fix_to),
        "needed": finding.needed,
        "there": len(finding.path),
    }
    text, fix = SENTENCES[finding.rule]()
    tone = "unknown" if finding.rule in UNSURE else "act"
    way_out = fix_words(fixes, names) if finding.rule is Rule.COMPUTED else fix % words
    return FindingLine(tone=tone, text=text % words, fix=way_out)


def fix_words(fixes: Sequence[Fix], names: Mapping[int, str]) -> str:
    """Say what the cheapest way out is."""
    if not fixes:
        return _("No shorter restore time alone helps: cut an arrow, or promise more.")
    steps = [
        _("%(asset)s from %(spent)s to %(to)s")
        % {
            "asset": _name(fix.asset, names),
            "spent": format_duration(fix.spent),
            "to": format_duration(fix.to),
        }
        for fix in fixes
    ]
    return _("Cheapest fix: shorten the own restore time of %(steps)s.") % {
        "steps": ", ".join(steps)
    }


def _name(key: int | None, names: Mapping[int, str]) -> str:
    return names.get(key, _("an asset you may not see")) if key is not None else ""


# Functions, because the language is that of the reader.
SENTENCES: dict[Rule, Callable[[], tuple[str, str]]] = {
    Rule.CIRCLE: lambda: (
        _("%(circle)s hang in one circle of hard dependencies: none of them could start first."),
        _("Unlink one arrow of the circle, or call it degraded."),
    ),
    Rule.DECLARED: lambda: (
        _(
            "%(asset)s promises to be back in %(promised)s, but needs %(other)s, which promises "
            "%(found)s."
        ),
        _("Bring the RTO of %(fix)s down to %(fix_to)s, or promise %(found)s."),
    ),
    Rule.COMPUTED: lambda: (  # its way out is computed
        _("Coming back takes %(found)s along %(path)s; %(promised)s is promised."),
        "",
    ),
    Rule.IMPACT: lambda: (
        _("The MTPD says %(found)s, but the impact analysis is intolerable after %(promised)s."),
        _("Bring the MTPD down to %(promised)s, or let the owner answer anew."),
    ),
    Rule.MTPD: lambda: (
        _("RTO and WRT together take %(found)s; the business bears %(promised)s."),
        _("Bring the RTO down to %(fix_to)s."),
    ),
    Rule.RPO_ARROW: lambda: (
        _(
            "%(asset)s promises to lose at most %(promised)s, but its data come from %(other)s, "
            "which may lose %(found)s."
        ),
        _("Bring the RPO of %(fix)s down to %(fix_to)s, or promise %(found)s."),
    ),
    Rule.RPO_CHAIN: lambda: (
        _(
            "%(asset)s promises to lose at most %(promised)s, but further down its data come from "
            "%(other)s, where %(found)s may be lost."
        ),
        _("Copy %(fix)s at least every %(fix_to)s, or promise %(found)s."),
    ),
    Rule.RPO_BACKUP: lambda: (
        _("A copy is made every %(found)s; at most %(promised)s may be lost."),
        _("Copy at least every %(fix_to)s, or promise %(found)s."),
    ),
    Rule.UNKNOWN: lambda: (
        _("%(asset)s needs %(other)s, whose RTO is unknown: nobody can say whether it is met."),
        _("Set the RTO of %(other)s."),
    ),
    Rule.SHORT_GROUP: lambda: (
        _(
            "%(asset)s needs %(needed)s of a group that has only %(there)s: %(circle)s. It could "
            "never come back."
        ),
        _("Draw the arrows that are missing, or need fewer of the group."),
    ),
}
