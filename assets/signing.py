"""What a signature is bound to, and what has changed since. No database, no clock."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from assets.feasibility import Arrow, Key, Node
from assets.graph_order import closure
from bcp_portal.shared.hashing import canonical_json, sha256_hex

Content = dict[str, Any]
# What of a dependency would matter to those who promise something on top of it.
MATERIAL = ("own_restore", "rto", "rpo", "backup_every")


class Difference(NamedTuple):
    """One thing that is no longer as it was signed; `code` is empty for the objectives."""

    code: str
    field: str
    signed: Any
    now: Any


def arrows_by_asset(arrows: Iterable[Arrow]) -> dict[Key, list[Arrow]]:
    """What each asset needs, of whatever kind."""
    needs: dict[Key, list[Arrow]] = {}
    for arrow in arrows:
        needs.setdefault(arrow.asset, []).append(arrow)
    return needs


def signed_content(
    key: Key,
    objective: Mapping[str, timedelta | str | None],
    nodes: Mapping[Key, Node],
    needs: Mapping[Key, Sequence[Arrow]],
) -> Content:
    """The objectives, and what matters of everything they rest on, in plain values."""
    follow = {one: [arrow.depends_on for arrow in arrows] for one, arrows in needs.items()}
    return {
        "asset": nodes[key].code,
        "objective": {name: plain(value) for name, value in objective.items()},
        "bears": plain(nodes[key].bears),
        "rests_on": {
            nodes[one].code: _facts(one, nodes, needs, is_own=one == key)
            for one in sorted(closure([key], follow))
            if one in nodes
        },
    }


def digest_of(content: Content) -> str:
    """The fingerprint that a signature carries."""
    return sha256_hex(canonical_json(content))


def differences(signed: Content, now: Content) -> list[Difference]:
    """What is not as it was signed, the objectives first."""
    found = [
        Difference("", name, signed["objective"].get(name), now["objective"].get(name))
        for name in sorted({*signed["objective"], *now["objective"]})
        if signed["objective"].get(name) != now["objective"].get(name)
    ]
    if signed.get("bears") != now.get("bears"):
        found.append(Difference("", "bears", signed.get("bears"), now.get("bears")))
    before, after = signed["rests_on"], now["rests_on"]
    for code in sorted({*before, *after}):
        old, new = before.get(code), after.get(code)
        if old is None or new is None:
            found.append(Difference(code, "rests_on", old is not None, new is not None))
            continue
        found += [
            Difference(code, name, old.get(name), new.get(name))
            for name in sorted({*old, *new})
            if old.get(name) != new.get(name)
        ]
    return found


def plain(value: object) -> Any:
    """A value as JSON keeps it: spans in seconds, whole where they are whole."""
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
        return int(seconds) if seconds == int(seconds) else seconds
    return value


def _facts(
    key: Key, nodes: Mapping[Key, Node], needs: Mapping[Key, Sequence[Arrow]], *, is_own: bool
) -> Content:
    # The asset's own promises stand under "objective"; here only what it can do.
    names = ("own_restore", "backup_every") if is_own else MATERIAL
    arrows = sorted(
        [nodes[arrow.depends_on].code, arrow.kind, arrow.group, arrow.needed]
        for arrow in needs.get(key, ())
        if arrow.depends_on in nodes
    )
    return {name: plain(getattr(nodes[key], name)) for name in names} | {"needs": arrows}
