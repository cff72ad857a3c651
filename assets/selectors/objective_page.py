"""What the signing page shows: what is promised, what the graph makes of it, who has signed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from assets.fixes import Budget
from assets.models import (
    Asset,
    DependencyKind,
    ProposalStatus,
    Remark,
    Signature,
    SigningRole,
    TargetProposal,
)
from assets.restoring import Restore
from assets.selectors.asset_page import AssetPage, asset_page
from assets.selectors.graph import FindingLine, Graph, finding_line, load_graph
from assets.selectors.impact import ImpactView, drawn, impact_view
from assets.selectors.signers import Signers, signers_at
from assets.signing import arrows_by_asset, digest_of, signed_content
from bcp_portal.accounts.models import User
from bcp_portal.shared.durations import format_duration

# Names, in people's words, of what a signature is bound to.
FIELDS = {
    "rto": lambda: _("RTO"),
    "rpo": lambda: _("RPO"),
    "mtpd": lambda: _("MTPD"),
    "wrt": lambda: _("WRT"),
    "mbco": lambda: _("MBCO"),
    "bears": lambda: _("First intolerable moment"),
    "own_restore": lambda: _("Own restore time"),
    "backup_every": lambda: _("Backup every"),
    "needs": lambda: _("Needs"),
    "rests_on": lambda: _("Rests on it"),
}


@dataclass(frozen=True)
class ChangeLine:
    """One thing that is no longer as it was signed."""

    what: str
    signed: str
    now: str


@dataclass(frozen=True)
class RoleLine:
    """One of the three who must agree."""

    role: str
    label: str
    holders: list[str]
    signature: Signature | None
    lapsed: Signature | None
    changes: list[ChangeLine]
    sign_for: User | None

    @property
    def state(self) -> str:
        """Signed, lapsed or unsigned."""
        if self.signature is not None:
            return "signed"
        return "lapsed" if self.lapsed is not None else "unsigned"


@dataclass(frozen=True)
class BudgetLine:
    """What one dependency would need, beside what it promises and what it takes."""

    code: str
    url_code: str
    within: timedelta
    is_exact: bool
    rto: timedelta | None
    restore: timedelta
    restore_is_known: bool
    tone: str


@dataclass(frozen=True)
class ObjectivePage:
    """What the signing page shows."""

    asset: Asset
    graph: AssetPage
    in_force: TargetProposal | None
    proposal: TargetProposal | None
    roles: list[RoleLine]
    shown: str
    needs_despite: bool
    rests_on: int
    hidden_count: int
    knock_on: list[FindingLine]
    budgets: list[BudgetLine]
    remarks: list[Remark]
    past: list[TargetProposal]
    impact: ImpactView | None
    curve: SafeString | None

    @property
    def signed_count(self) -> int:
        """How many of the three have signed and stand by it."""
        return sum(1 for line in self.roles if line.signature is not None)


def objective_page(asset: Asset, *, user: User, at: datetime) -> ObjectivePage:
    """Gather the signing page in a fixed number of queries."""
    proposals = list(
        TargetProposal.objects.filter(asset=asset)
        .select_related("proposed_by")
        .order_by("-proposed_at", "-pk")
    )
    in_force = next((one for one in proposals if one.status == ProposalStatus.ADOPTED), None)
    subject = next((one for one in proposals if one.status == ProposalStatus.OPEN), in_force)
    graph = load_graph({asset.pk: subject.spans} if subject else None)
    visible = dict(Asset.objects.visible_to(user).in_use().values_list("pk", "code"))
    content = _content(asset, subject, graph)
    codes = set(content["rests_on"])
    signatures = (
        list(
            subject.signatures.select_related("signed_by", "principal").order_by("signed_at", "pk")
        )
        if subject
        else []
    )
    found = graph.verdict.findings.get(asset.pk, [])
    impact = impact_view(asset)
    return ObjectivePage(
        asset=asset,
        graph=asset_page(asset, user=user, at=at, graph=graph),
        in_force=in_force,
        proposal=subject,
        roles=_roles(asset, signatures, signers_at(at), user, set(visible.values())),
        shown=digest_of(content),
        needs_despite=graph.standing(asset.pk).value == "infeasible" and bool(found),
        rests_on=len(codes) - 1,
        hidden_count=len(codes - set(visible.values())),
        knock_on=_knock_on(asset.pk, graph, visible) if subject else [],
        budgets=_budgets(asset.pk, graph, visible),
        remarks=list(subject.remarks.select_related("made_by").order_by("made_at", "pk"))
        if subject
        else [],
        past=[one for one in proposals if one not in (subject, in_force)],
        impact=impact,
        curve=drawn(impact, subject.spans if subject else {}),
    )


def change_lines(changes: list[list[Any]], visible: set[str]) -> list[ChangeLine]:
    """What changed since a signature, without naming what the reader may not see."""
    lines = []
    for code, name, signed, now in changes:
        label = FIELDS[name]() if name in FIELDS else name
        place = "" if not code else code if code in visible else _("an asset you may not see")
        lines.append(
            ChangeLine(
                what=f"{place} · {label}" if place else label,
                signed=_told(name, signed, visible),
                now=_told(name, now, visible),
            )
        )
    return lines


def _told(name: str, value: Any, visible: set[str]) -> str:
    if value is None:
        return _("unknown")
    if name == "needs":
        return _needs(value, visible) or _("nothing")
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, int | float):
        return format_duration(timedelta(seconds=value))
    return str(value) or "–"


def _needs(arrows: list[list[Any]], visible: set[str]) -> str:
    return ", ".join(
        f"{code if code in visible else '•••'} ({_how_much(kind, group, needed)})"
        for code, kind, group, needed in arrows
    )


def _how_much(kind: str, group: str, needed: int) -> str:
    words = str(DependencyKind(kind).label)
    if not group:
        return words
    return f"{words}; {_('%(needed)s of “%(group)s”') % {'needed': needed, 'group': group}}"


def _content(asset: Asset, subject: TargetProposal | None, graph: Graph) -> dict[str, Any]:
    objective = {**subject.spans, "mbco": subject.mbco} if subject else {}
    if asset.pk not in graph.nodes:
        return {"rests_on": {asset.code: {}}}
    return signed_content(asset.pk, objective, graph.nodes, arrows_by_asset(graph.arrows))


def _roles(
    asset: Asset, signatures: list[Signature], signers: Signers, user: User, visible: set[str]
) -> list[RoleLine]:
    standing = {one.role: one for one in signatures if one.lapsed_at is None}
    taken = {pk for one in standing.values() for pk in (one.signed_by_id, one.principal_id)}
    lines = []
    for role in SigningRole:
        lapsed = next(
            (one for one in reversed(signatures) if one.role == role and one.lapsed_at), None
        )
        may = role not in standing and user.pk not in taken and user.has_perm("assets.sign_target")
        lines.append(
            RoleLine(
                role=role.value,
                label=str(role.label),
                holders=[str(one) for one in signers.holders(role, asset)],
                signature=standing.get(role),
                lapsed=None if role in standing else lapsed,
                changes=change_lines(lapsed.changes, visible) if lapsed else [],
                sign_for=signers.principal(role, asset, user, taken=taken) if may else None,
            )
        )
    return lines


def _knock_on(key: int, graph: Graph, visible: Mapping[int, str]) -> list[FindingLine]:
    """What the promise means for others: those who cannot keep theirs because of it."""
    return [
        finding_line(found, visible)
        for other, findings in graph.verdict.findings.items()
        for found in findings
        if other != key and found.other == key and other in visible
    ]


def _budgets(key: int, graph: Graph, visible: Mapping[int, str]) -> list[BudgetLine]:
    found = graph.budgets_for(key) if key in graph.nodes else {}
    lines = [
        _budget_line(one, budget, graph, visible) for one, budget in found.items() if one != key
    ]
    return sorted(lines, key=lambda line: (line.tone != "act", line.within, line.code))


def _budget_line(key: int, budget: Budget, graph: Graph, visible: Mapping[int, str]) -> BudgetLine:
    restore: Restore = graph.verdict.restores[key]
    rto, within = graph.nodes[key].rto, budget.within.total_seconds()
    if restore.low > within or (rto is not None and rto > budget.within):
        tone = "act"
    else:
        tone = "ok" if restore.high <= within and budget.is_exact else "unknown"
    return BudgetLine(
        code=visible.get(key, "•••"),
        url_code=visible.get(key, ""),
        within=budget.within,
        is_exact=budget.is_exact,
        rto=rto,
        restore=timedelta(seconds=restore.seconds),
        restore_is_known=restore.is_known,
        tone=tone,
    )
