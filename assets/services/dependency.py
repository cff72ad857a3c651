"""Verbs of a dependency."""

from collections import deque
from datetime import datetime

from django.utils.translation import gettext as _

from assets.changes import check_row, set_fields
from assets.models import Asset, Dependency, DependencyKind
from assets.services.signature import recheck_signatures
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError

ARROW_FACTS = ("kind", "group", "needed")


class DependencyCycleError(DomainError):
    """The arrow would close a circle of hard dependencies: nothing in it could ever start."""


@verb
def link_assets(
    *,
    asset: Asset,
    depends_on: Asset,
    kind: str,
    group: str = "",
    needed: int = 1,
    actor: User | None,
    at: datetime,
) -> Dependency:
    """Draw an arrow from an asset to what it needs."""
    if kind == DependencyKind.HARD:
        _stand_in_line()
        _refuse_circle(asset, depends_on)
    arrow = Dependency(
        asset=asset, depends_on=depends_on, kind=kind, group=group.strip(), needed=needed
    )
    check_row(arrow)
    arrow.save()
    if arrow.group:
        _agree_on_needed(arrow)
    audit(action="dependency.link", obj=asset, actor=actor, at=at, after=_told(arrow))
    recheck_signatures(changed=[asset.pk], at=at)
    return arrow


@verb
def change_dependency(
    *,
    dependency: Dependency,
    kind: str | None = None,
    group: str | None = None,
    needed: int | None = None,
    actor: User | None,
    at: datetime,
) -> Dependency:
    """Say otherwise how much an asset needs the other one; what is not said stays.

    An arrow that leaves its group stands alone, so one of one is needed.
    """
    arrow = Dependency.objects.select_for_update(of=("self",)).get(pk=dependency.pk)
    said = {
        "kind": arrow.kind if kind is None else kind,
        "group": arrow.group if group is None else group.strip(),
        "needed": arrow.needed if needed is None else needed,
    }
    if group is not None and not said["group"] and needed is None:
        said["needed"] = 1
    if said["kind"] == DependencyKind.HARD != arrow.kind:
        _stand_in_line()
        _refuse_circle(arrow.asset, arrow.depends_on)
    before, after = set_fields(arrow, said, ARROW_FACTS)
    if not after:
        return arrow
    check_row(arrow)
    arrow.save()
    if arrow.group:
        _agree_on_needed(arrow)
    whom = {"depends_on": arrow.depends_on.code}
    audit(
        action="dependency.change",
        obj=arrow.asset,
        actor=actor,
        at=at,
        before=whom | before,
        after=whom | after,
    )
    recheck_signatures(changed=[arrow.asset_id], at=at)
    return arrow


@verb
def unlink_assets(*, dependency: Dependency, actor: User, at: datetime) -> None:
    """Take an arrow away; the trail of the asset keeps it."""
    told = _told(dependency)
    audit(action="dependency.unlink", obj=dependency.asset, actor=actor, at=at, before=told)
    changed = dependency.asset_id
    dependency.delete()
    recheck_signatures(changed=[changed], at=at)


def _stand_in_line() -> None:
    # All who draw hard arrows wait in one line: two arrows drawn at the same moment could each
    # be harmless and together close a circle.
    first = Asset.objects.order_by("pk").values_list("pk", flat=True)[:1]
    list(Asset.objects.select_for_update(of=("self",)).filter(pk__in=list(first)))


def _agree_on_needed(arrow: Dependency) -> None:
    """The latest word on how many of a group are needed holds for the whole group."""
    Dependency.objects.filter(asset=arrow.asset, group=arrow.group).update(needed=arrow.needed)


def _told(arrow: Dependency) -> dict[str, object]:
    told: dict[str, object] = {"depends_on": arrow.depends_on.code, "kind": arrow.kind}
    return told | ({"group": arrow.group, "needed": arrow.needed} if arrow.group else {})


def _refuse_circle(asset: Asset, depends_on: Asset) -> None:
    hard = Dependency.objects.filter(kind=DependencyKind.HARD)
    needs: dict[int, list[int]] = {}
    for source, target in hard.values_list("asset_id", "depends_on_id"):
        needs.setdefault(source, []).append(target)
    path = _path(needs, depends_on.pk, asset.pk)
    if path:
        codes = dict(Asset.objects.filter(pk__in=path).values_list("pk", "code"))
        circle = " → ".join(codes[pk] for pk in (asset.pk, *path))
        raise DependencyCycleError(
            _("That would close a circle of hard dependencies: %(circle)s.") % {"circle": circle}
        )


def _path(needs: dict[int, list[int]], start: int, goal: int) -> list[int]:
    """The shortest way along the arrows, both ends included; empty if there is none."""
    came_from = {start: start}
    waiting = deque([start])
    while waiting:
        here = waiting.popleft()
        if here == goal:
            path = [here]
            while path[0] != start:
                path.insert(0, came_from[path[0]])
            return path
        for there in needs.get(here, ()):
            if there not in came_from:
                came_from[there] = here
                waiting.append(there)
    return []
