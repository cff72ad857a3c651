"""Can the targets be met through the graph? No database, no clock."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import NamedTuple

Key = int


@dataclass(frozen=True, slots=True)
class Node:
    """What an asset promises and what it can do by itself; None is unknown."""

    code: str
    own_restore: timedelta | None = None
    rto: timedelta | None = None
    rpo: timedelta | None = None
    mtpd: timedelta | None = None
    wrt: timedelta | None = None
    backup_every: timedelta | None = None


class Arrow(NamedTuple):
    """An asset needs another one; arrows with the same group are alternatives."""

    asset: Key
    depends_on: Key
    kind: str = "hard"
    group: str = ""
    needed: int = 1


class Restore(NamedTuple):
    """How long an asset takes to come back, with everything it needs.

    Without `is_known` the seconds are only what is known so far: it takes at least that long.
    `gate` is the hard dependency that is slowest.
    """

    seconds: float
    is_known: bool
    gate: Key | None


class Rule(Enum):
    """What a finding complains about."""

    CIRCLE = "circle"
    DECLARED = "declared"
    COMPUTED = "computed"
    MTPD = "mtpd"
    RPO_ARROW = "rpo_arrow"
    RPO_BACKUP = "rpo_backup"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason why a target cannot be met, or cannot be known, with its arithmetic."""

    rule: Rule
    asset: Key
    other: Key | None = None
    promised: timedelta | None = None
    found: timedelta | None = None
    path: tuple[Key, ...] = ()
    fix: Key | None = None
    fix_to: timedelta | None = None


# For one asset: its groups of hard dependencies, each with how many of it are needed.
Groups = list[tuple[list[Key], int]]


@dataclass(frozen=True)
class Feasibility:
    """The verdict on a whole graph."""

    restores: Mapping[Key, Restore]
    findings: Mapping[Key, list[Finding]] = field(default_factory=dict)

    def path(self, key: Key) -> tuple[Key, ...]:
        """The critical path: the asset, its slowest hard dependency, and so on down."""
        path = [key]
        restore = self.restores.get(key)
        while restore is not None and restore.gate is not None:
            path.append(restore.gate)
            restore = self.restores.get(restore.gate)
        return tuple(path)


def judge(nodes: Mapping[Key, Node], arrows: Sequence[Arrow]) -> Feasibility:
    """Compare every promise with what its dependencies promise and with what they can do."""
    groups = hard_groups(nodes, arrows)
    own = {
        key: None if node.own_restore is None else node.own_restore.total_seconds()
        for key, node in nodes.items()
    }
    restores, circles = restore_times(own, groups)
    verdict = Feasibility(restores)
    findings: dict[Key, list[Finding]] = {}
    for found in (
        *(Finding(Rule.CIRCLE, key) for key in circles),
        *_declared(nodes, groups),
        *_computed(nodes, verdict),
        *_spans(nodes),
        *_rpo(nodes, arrows),
    ):
        findings.setdefault(found.asset, []).append(found)
    return Feasibility(restores, findings)


def hard_groups(nodes: Mapping[Key, Node], arrows: Iterable[Arrow]) -> dict[Key, Groups]:
    """The hard arrows by asset; an arrow without a group is a group of its own."""
    plain: dict[Key, Groups] = {}
    named: dict[tuple[Key, str], tuple[list[Key], int]] = {}
    for asset, depends_on, kind, group, needed in arrows:
        if kind != "hard" or asset not in nodes or depends_on not in nodes:
            continue
        if not group:
            plain.setdefault(asset, []).append(([depends_on], 1))
        elif (asset, group) in named:
            named[asset, group][0].append(depends_on)
        else:
            named[asset, group] = ([depends_on], needed)
            plain.setdefault(asset, []).append(named[asset, group])
    return plain


def restore_times(
    own: Mapping[Key, float | None], groups: Mapping[Key, Groups]
) -> tuple[dict[Key, Restore], list[Key]]:
    """Own time plus the slowest hard dependency, for every asset; and who is stuck in a circle.

    One pass in the order of the arrows, leaves first: linear in assets and arrows.
    """
    waits_for: dict[Key, int] = {}
    needed_by: dict[Key, list[Key]] = {}
    for key, sets in groups.items():
        members = [member for group, _needed in sets for member in group]
        waits_for[key] = len(members)
        for member in members:
            needed_by.setdefault(member, []).append(key)
    restores: dict[Key, Restore] = {}
    ready = [key for key in own if not waits_for.get(key)]
    while ready:
        key = ready.pop()
        restores[key] = _restore(own[key], groups.get(key, ()), restores)
        for above in needed_by.get(key, ()):
            waits_for[above] -= 1
            if not waits_for[above]:
                ready.append(above)
    stuck = [key for key in own if key not in restores]
    for key in stuck:
        restores[key] = Restore(own[key] or 0.0, False, None)
    return restores, stuck


def _restore(
    own: float | None, groups: Sequence[tuple[list[Key], int]], done: Mapping[Key, Restore]
) -> Restore:
    slowest, is_known, gate = 0.0, own is not None, None
    for members, needed in groups:
        seconds, group_known, member = (
            (done[members[0]].seconds, done[members[0]].is_known, members[0])
            if len(members) == 1 and needed == 1
            else _enough_of(members, needed, done)
        )
        is_known = is_known and group_known
        if gate is None or seconds > slowest:
            slowest, gate = seconds, member
    return Restore((own or 0.0) + slowest, is_known, gate)


def _enough_of(
    members: list[Key], needed: int, done: Mapping[Key, Restore]
) -> tuple[float, bool, Key]:
    """When enough alternatives are back: the time of the last one that is needed.

    Members whose time is unknown do not help; if the others are too few, nothing is known.
    """
    by_time = sorted(members, key=lambda key: done[key].seconds)
    sure = [key for key in by_time if done[key].is_known]
    if len(sure) >= needed:
        last = sure[needed - 1]
        return done[last].seconds, True, last
    last = by_time[min(needed, len(by_time)) - 1]
    return done[last].seconds, False, last


def _declared(nodes: Mapping[Key, Node], groups: Mapping[Key, Groups]) -> Iterable[Finding]:
    """A one-hour service on a four-hour one: the promises contradict each other."""
    for key, sets in groups.items():
        rto = nodes[key].rto
        if rto is None:
            continue
        for members, needed in sets:
            promises = sorted(
                (promise, member)
                for member in members
                if (promise := nodes[member].rto) is not None
            )
            if len(promises) < needed:
                unknown = next((m for m in members if nodes[m].rto is None), members[0])
                yield Finding(Rule.UNKNOWN, key, other=unknown, promised=rto)
                continue
            found, other = promises[needed - 1]
            if found > rto:
                yield Finding(
                    Rule.DECLARED, key, other, promised=rto, found=found, fix=other, fix_to=rto
                )


def _computed(nodes: Mapping[Key, Node], verdict: Feasibility) -> Iterable[Finding]:
    for key, node in nodes.items():
        if node.rto is None:
            continue
        restore = verdict.restores[key]
        if restore.seconds <= node.rto.total_seconds():
            continue
        path = verdict.path(key)
        fix = max(path, key=lambda step: nodes[step].own_restore or timedelta())
        over = timedelta(seconds=restore.seconds) - node.rto
        spent = nodes[fix].own_restore or timedelta()
        yield Finding(
            Rule.COMPUTED,
            key,
            promised=node.rto,
            found=timedelta(seconds=restore.seconds),
            path=path,
            fix=fix,
            fix_to=max(spent - over, timedelta()),
        )


def _spans(nodes: Mapping[Key, Node]) -> Iterable[Finding]:
    for key, node in nodes.items():
        if node.rto is None or node.mtpd is None:
            continue
        total = node.rto + (node.wrt or timedelta())
        if total > node.mtpd:
            yield Finding(
                Rule.MTPD,
                key,
                promised=node.mtpd,
                found=total,
                fix=key,
                fix_to=max(node.mtpd - (node.wrt or timedelta()), timedelta()),
            )


def _rpo(nodes: Mapping[Key, Node], arrows: Iterable[Arrow]) -> Iterable[Finding]:
    for key, node in nodes.items():
        if node.rpo is not None and node.backup_every is not None and node.backup_every > node.rpo:
            yield Finding(
                Rule.RPO_BACKUP,
                key,
                promised=node.rpo,
                found=node.backup_every,
                fix=key,
                fix_to=node.rpo,
            )
    for arrow in arrows:
        if arrow.kind != "data" or arrow.asset not in nodes or arrow.depends_on not in nodes:
            continue
        mine, theirs = nodes[arrow.asset].rpo, nodes[arrow.depends_on].rpo
        if mine is not None and theirs is not None and theirs > mine:
            yield Finding(
                Rule.RPO_ARROW,
                arrow.asset,
                arrow.depends_on,
                promised=mine,
                found=theirs,
                fix=arrow.depends_on,
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
