"""Can the targets be met through the graph? No database, no clock."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from math import inf
from typing import NamedTuple

from assets.graph_order import Component, Key
from assets.graph_shape import Arrow, Groups, hard_groups, shape_of
from assets.restoring import Loss, Restore, data_losses, restore_times

__all__ = [
    "Arrow",
    "Feasibility",
    "Finding",
    "Groups",
    "Key",
    "Node",
    "Restore",
    "Rule",
    "Standing",
    "hard_groups",
    "judge",
    "known_share",
    "restore_times",
]


@dataclass(frozen=True, slots=True)
class Node:
    """What an asset promises and what it can do by itself; None is unknown.

    `bears` is the first moment at which the impact analysis calls the outage intolerable.
    """

    code: str
    own_restore: timedelta | None = None
    rto: timedelta | None = None
    rpo: timedelta | None = None
    mtpd: timedelta | None = None
    wrt: timedelta | None = None
    backup_every: timedelta | None = None
    bears: timedelta | None = None

    @property
    def longest_outage(self) -> timedelta | None:
        """What the business bears: the MTPD, or less where the impact analysis says so."""
        known = [span for span in (self.mtpd, self.bears) if span is not None]
        return min(known, default=None)


class Rule(Enum):
    """What a finding complains about."""

    CIRCLE = "circle"
    DECLARED = "declared"
    COMPUTED = "computed"
    MTPD = "mtpd"
    IMPACT = "impact"
    RPO_ARROW = "rpo_arrow"
    RPO_CHAIN = "rpo_chain"
    RPO_BACKUP = "rpo_backup"
    UNKNOWN = "unknown"
    SHORT_GROUP = "short_group"


class Standing(Enum):
    """The verdict on one asset in a word; what is not known is never feasible."""

    FEASIBLE = "feasible"
    UNKNOWN = "unknown"
    INFEASIBLE = "infeasible"


# Findings that say "nobody knows" and not "it cannot be".
UNSURE = frozenset({Rule.UNKNOWN, Rule.CIRCLE})


class Finding(NamedTuple):
    """One reason why a target cannot be met, or cannot be known, with its arithmetic."""

    rule: Rule
    asset: Key
    other: Key | None = None
    promised: timedelta | None = None
    found: timedelta | None = None
    path: tuple[Key, ...] = ()
    fix: Key | None = None
    fix_to: timedelta | None = None
    needed: int = 0


@dataclass(frozen=True)
class Feasibility:
    """The verdict on a whole graph."""

    restores: Mapping[Key, Restore]
    findings: Mapping[Key, list[Finding]] = field(default_factory=dict)
    losses: Mapping[Key, Loss] = field(default_factory=dict)
    circles: Sequence[Component] = ()

    def path(self, key: Key) -> tuple[Key, ...]:
        """The critical path: the asset, its slowest hard dependency, and so on down."""
        return _path(key, self.restores, {})

    def standing(self, key: Key, node: Node) -> Standing:
        """Whether the objectives of an asset can be met, as far as anybody can know."""
        found = self.findings.get(key, [])
        if any(one.rule not in UNSURE for one in found):
            return Standing.INFEASIBLE
        promises = (node.rto, node.rpo, node.wrt, node.longest_outage)
        restore, loss = self.restores.get(key), self.losses.get(key)
        is_known = (
            not found
            and None not in promises
            and restore is not None
            and restore.is_known
            and loss is not None
            and loss.is_known
        )
        return Standing.FEASIBLE if is_known else Standing.UNKNOWN


def judge(nodes: Mapping[Key, Node], arrows: Sequence[Arrow]) -> Feasibility:
    """Compare every promise with what its dependencies promise and with what they can do."""
    shape = shape_of(tuple(nodes), tuple(arrows))
    restores, circles = restore_times(own_times(nodes), shape.groups, shape.order)
    own_losses = {key: _own_loss(node) for key, node in nodes.items()}
    losses = data_losses(own_losses, shape.data_needs, shape.data_order)
    findings: dict[Key, list[Finding]] = {}
    for some in (
        [Finding(Rule.CIRCLE, key, path=circle) for circle in circles for key in circle],
        _declared(nodes, shape.groups),
        _short(shape.groups),
        _computed(nodes, restores),
        _spans(nodes),
        _rpo(nodes, shape.data, losses),
    ):
        for found in some:
            if found.asset in findings:
                findings[found.asset].append(found)
            else:
                findings[found.asset] = [found]
    return Feasibility(restores, findings, losses, circles)


def own_times(nodes: Mapping[Key, Node]) -> dict[Key, float | None]:
    """What each asset takes by itself, in seconds."""
    return {
        key: None if node.own_restore is None else node.own_restore.total_seconds()
        for key, node in nodes.items()
    }


def _own_loss(node: Node) -> float | None:
    # How often a copy is made says more than a promise does.
    span = node.rpo if node.backup_every is None else node.backup_every
    return None if span is None else span.total_seconds()


def _path(
    key: Key, restores: Mapping[Key, Restore], known: dict[Key, tuple[Key, ...]]
) -> tuple[Key, ...]:
    """From gate to gate down; the paths of many share their ends, so what is known is kept."""
    steps: list[Key] = []
    here: Key | None = key
    while here is not None and here not in known:
        steps.append(here)
        restore = restores.get(here)
        here = None if restore is None else restore.gate
    tail = () if here is None else known[here]
    for step in reversed(steps):
        tail = known[step] = (step, *tail)
    return tail


def _declared(nodes: Mapping[Key, Node], groups: Mapping[Key, Groups]) -> Iterable[Finding]:
    """A one-hour service on a four-hour one: the promises contradict each other."""
    for key, sets in groups.items():
        rto = nodes[key].rto
        if rto is None:
            continue
        for group, needed in sets:
            if len(group) == 1 == needed:  # the usual case
                other = group[0]
                found = nodes[other].rto
            else:
                found, other = _promise(group, needed, nodes)
            if found is None:
                yield Finding(Rule.UNKNOWN, key, other, rto)
            elif found > rto:
                yield Finding(Rule.DECLARED, key, other, rto, found, (), other, rto)


def _short(groups: Mapping[Key, Groups]) -> Iterable[Finding]:
    """Alternatives of which more must work than there are: it could never come back."""
    for key, sets in groups.items():
        for group, needed in sets:
            if needed > len(group):
                yield Finding(Rule.SHORT_GROUP, key, path=tuple(group), needed=needed)


def _promise(
    group: list[Key], needed: int, nodes: Mapping[Key, Node]
) -> tuple[timedelta | None, Key]:
    """When enough of a group promise to be back; None, and who said nothing, if nobody knows."""
    promises = sorted((span, one) for one in group if (span := nodes[one].rto) is not None)
    if len(promises) < needed:
        return None, next((one for one in group if nodes[one].rto is None), group[0])
    return promises[needed - 1]


def _computed(nodes: Mapping[Key, Node], restores: Mapping[Key, Restore]) -> Iterable[Finding]:
    paths: dict[Key, tuple[Key, ...]] = {}
    for key, node in nodes.items():
        if node.rto is None:
            continue
        low, high, _gate = restores[key]
        takes = high if high < inf else low
        if takes > node.rto.total_seconds():
            path = _path(key, restores, paths)
            yield Finding(Rule.COMPUTED, key, None, node.rto, timedelta(seconds=takes), path)


def _spans(nodes: Mapping[Key, Node]) -> Iterable[Finding]:
    nothing = timedelta()
    for key, node in nodes.items():
        limit, bears = node.mtpd, node.bears
        if bears is not None and (limit is None or limit > bears):
            if limit is not None:
                yield Finding(Rule.IMPACT, key, promised=bears, found=limit, fix=key)
            limit = bears
        if node.rto is None or limit is None:
            continue
        wrt = node.wrt or nothing
        total = node.rto + wrt
        if total > limit:
            least = max(limit - wrt, nothing)
            yield Finding(Rule.MTPD, key, None, limit, total, (), key, least)


def _rpo(
    nodes: Mapping[Key, Node], data: Iterable[tuple[Key, Key]], losses: Mapping[Key, Loss]
) -> Iterable[Finding]:
    told = set()
    for key, node in nodes.items():
        if node.rpo is not None and node.backup_every is not None and node.backup_every > node.rpo:
            told.add(key)
            yield Finding(
                Rule.RPO_BACKUP,
                key,
                promised=node.rpo,
                found=node.backup_every,
                fix=key,
                fix_to=node.rpo,
            )
    for asset, source in data:
        mine, theirs = nodes[asset].rpo, nodes[source].rpo
        if mine is not None and theirs is not None and theirs > mine:
            told.add(asset)
            yield Finding(
                Rule.RPO_ARROW, asset, source, promised=mine, found=theirs, fix=source, fix_to=mine
            )
    for key, loss in losses.items():
        mine = nodes[key].rpo
        # What lies further down the data than the next arrow, unless it is already said.
        if key in told or mine is None or loss.seconds <= mine.total_seconds():
            continue
        found = timedelta(seconds=loss.seconds)
        yield Finding(
            Rule.RPO_CHAIN,
            key,
            loss.source,
            promised=mine,
            found=found,
            fix=loss.source,
            fix_to=mine,
        )


def known_share(
    key: Key, own: Mapping[Key, object | None], groups: Mapping[Key, Groups]
) -> tuple[int, int]:
    """Of the asset and all it hangs on: how many own restore times are known, of how many."""
    seen = {key}
    waiting = [key]
    while waiting:
        for members, _needed in groups.get(waiting.pop(), ()):
            for member in members:
                if member not in seen:
                    seen.add(member)
                    waiting.append(member)
    return sum(1 for member in seen if own.get(member) is not None), len(seen)
