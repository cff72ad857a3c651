"""The dependency graph in memory, and its findings in words."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from assets.feasibility import Arrow, Feasibility, Finding, Node, Rule, judge
from assets.models import Asset, Dependency
from bcp_portal.shared.durations import format_duration


@dataclass(frozen=True)
class Graph:
    """Every asset in use, every arrow between them, and the verdict on their targets."""

    nodes: Mapping[int, Node]
    arrows: list[Arrow]
    verdict: Feasibility


@dataclass(frozen=True)
class FindingLine:
    """A finding as a page shows it."""

    tone: str
    text: str
    fix: str


def load_graph() -> Graph:
    """Read and judge the whole graph. Two queries, whatever its size."""
    rows = Asset.objects.in_use().values_list(
        "pk",
        "code",
        "own_restore",
        "recovery_target__rto",
        "recovery_target__rpo",
        "recovery_target__mtpd",
        "recovery_target__wrt",
        "backup_every",
    )
    nodes = {
        pk: Node(code, own, rto, rpo, mtpd, wrt, every)
        for pk, code, own, rto, rpo, mtpd, wrt, every in rows
    }
    arrows = [
        Arrow(*arrow)
        for arrow in Dependency.objects.values_list(
            "asset_id", "depends_on_id", "kind", "group", "needed"
        )
    ]
    return Graph(nodes, arrows, judge(nodes, arrows))


def finding_line(finding: Finding, names: Mapping[int, str]) -> FindingLine:
    """Say a finding in a sentence with its arithmetic, and the cheapest way out of it."""
    words = {
        "asset": _name(finding.asset, names),
        "other": _name(finding.other, names),
        "promised": format_duration(finding.promised),
        "found": format_duration(finding.found),
        "path": " → ".join(_name(key, names) for key in finding.path),
        "fix": _name(finding.fix, names),
        "fix_to": format_duration(finding.fix_to),
    }
    text, fix = _SENTENCES[finding.rule]()
    tone = "unknown" if finding.rule in (Rule.UNKNOWN, Rule.CIRCLE) else "act"
    return FindingLine(tone=tone, text=text % words, fix=fix % words)


def _name(key: int | None, names: Mapping[int, str]) -> str:
    return names.get(key, _("an asset you may not see")) if key is not None else ""


# Functions, because the language is that of the reader.
_SENTENCES = {
    Rule.CIRCLE: lambda: (
        _("%(asset)s hangs in a circle of hard dependencies: nothing in it could start first."),
        _("Unlink one arrow of the circle, or call it degraded."),
    ),
    Rule.DECLARED: lambda: (
        _(
            "%(asset)s promises to be back in %(promised)s, but needs %(other)s, which promises "
            "%(found)s."
        ),
        _("Bring the RTO of %(fix)s down to %(fix_to)s, or promise %(found)s."),
    ),
    Rule.COMPUTED: lambda: (
        _("Coming back takes %(found)s along %(path)s; %(promised)s is promised."),
        _("Cheapest fix: bring the own restore time of %(fix)s down to %(fix_to)s."),
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
    Rule.RPO_BACKUP: lambda: (
        _("A copy is made every %(found)s; at most %(promised)s may be lost."),
        _("Copy at least every %(fix_to)s, or promise %(found)s."),
    ),
    Rule.UNKNOWN: lambda: (
        _("%(asset)s needs %(other)s, whose RTO is unknown: nobody can say whether it is met."),
        _("Set the RTO of %(other)s."),
    ),
}
