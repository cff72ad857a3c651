"""Verbs of a failover path."""

from datetime import datetime

from assets.changes import check_row, need_reason
from assets.models import FAILOVER_LIFECYCLE, Asset, FailoverPath, FailoverState, Site
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.live.services import publish


@verb
def declare_failover_path(
    *,
    name: str,
    source: Site,
    target: Site,
    asset: Asset | None = None,
    is_automatic: bool = False,
    switch_address: str = "",
    state: str = FailoverState.READY,
    actor: User | None,
    at: datetime,
) -> FailoverPath:
    """Say where work goes when a site cannot do it."""
    path = FailoverPath(
        name=name,
        source=source,
        target=target,
        asset=asset,
        is_automatic=is_automatic,
        switch_address=switch_address,
        state=state,
        switched_at=at if state == FailoverState.ACTIVE else None,
    )
    check_row(path)
    path.save()
    after = {"name": name, "source": source.code, "target": target.code, "state": path.state}
    audit(action="failover.declare", obj=path, actor=actor, at=at, after=after)
    _tell(path, at=at)
    return path


@verb
def switch_failover_path(
    *, path: FailoverPath, reason: str, actor: User | None, at: datetime
) -> FailoverPath:
    """Send work along the path."""
    return _move(path, FailoverState.ACTIVE, reason, actor=actor, at=at)


@verb
def switch_failover_back(
    *, path: FailoverPath, reason: str, actor: User | None, at: datetime
) -> FailoverPath:
    """Let work go its usual way again, and the path stand ready."""
    return _move(path, FailoverState.READY, reason, actor=actor, at=at)


@verb
def note_failover_state(
    *, path: FailoverPath, state: str, reason: str, actor: User | None, at: datetime
) -> FailoverPath:
    """Say that a path works badly, not at all, or again."""
    return _move(path, FailoverState(state), reason, actor=actor, at=at)


def _move(
    path: FailoverPath, to: FailoverState, reason: str, *, actor: User | None, at: datetime
) -> FailoverPath:
    path = FailoverPath.objects.select_for_update(of=("self",)).get(pk=path.pk)
    was = FailoverState(path.state)
    FAILOVER_LIFECYCLE.check(was, to)
    path.state = to
    if FailoverState.ACTIVE in (was, to):
        path.switched_at = at
    path.save(update_fields=["state", "switched_at"])
    audit(
        action=f"failover.{to.value}",
        obj=path,
        actor=actor,
        at=at,
        reason=need_reason(reason),
        before={"state": was.value},
        after={"state": to.value},
    )
    _tell(path, at=at)
    return path


def _tell(path: FailoverPath, *, at: datetime) -> None:
    for site in (path.source, path.target):
        publish(
            topic="sites",
            kind="failover",
            at=at,
            permission="assets.view_failoverpath",
            site_id=site.pk,
        )
