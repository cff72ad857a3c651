"""The decorator that makes a function a verb, and the two ways to write the trail."""

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import partial
from typing import Any, ParamSpec, TypeVar

from django.contrib.auth.models import AbstractUser
from django.db import models, transaction

from bcp_portal.audit.chain import PendingRow, append_rows
from bcp_portal.shared.on_disk import wait_for_disk

P = ParamSpec("P")
R = TypeVar("R")

Follower = Callable[[list[PendingRow]], None]


class _Pending(list[PendingRow]):
    """Rows that wait for the commit; the first `told` of them have been told to the followers."""

    told = 0


_pending: ContextVar[_Pending | None] = ContextVar("pending_audit_rows", default=None)
_waiting: ContextVar[bool] = ContextVar("followers_wait", default=False)
_joined: ContextVar[bool] = ContextVar("verbs_share_a_savepoint", default=False)
_followers: list[Follower] = []
# Set by the middleware: which sign-in an action came from.
current_session: ContextVar[str] = ContextVar("audit_session", default="")


def verb(function: Callable[P, R]) -> Callable[P, R]:
    """Run a function as one change: one transaction, its audit rows appended at its very end.

    Verbs called by a verb join it. The rows wait until the end because the chain has one lock:
    taken last, it is held for the length of a commit, and no other lock is ever waited for while
    it is held, so it can neither slow nor deadlock the verbs. On PostgreSQL that commit does not
    wait for the disk with the lock in its hand; the verb waits after it, before it returns.
    """

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if _pending.get() is not None:
            return _nested(function, *args, **kwargs)
        rows = _Pending()
        token = _pending.set(rows)
        try:
            with transaction.atomic():
                # First of all that follows the commit: nobody hears of what may yet be lost.
                transaction.on_commit(partial(_wait_for_disk, rows))
                result = function(*args, **kwargs)
                _tell(rows)
                append_rows(rows)
                return result
        finally:
            _pending.reset(token)

    run.is_verb = True  # type: ignore[attr-defined]  # read by the house rules
    return run


def _nested(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    rows = _pending.get()
    assert rows is not None
    written = len(rows)
    try:
        with transaction.atomic(savepoint=not _joined.get()):
            result = function(*args, **kwargs)
            if not _waiting.get():
                _tell(rows)
            return result
    except BaseException:
        # What was rolled back did not happen; the trail must not say it did.
        del rows[written:]
        rows.told = min(rows.told, written)
        raise


def follow_changes(follower: Follower) -> None:
    """Let a room keep pictures of what its verbs change.

    The follower is called at the end of each verb, inside its transaction, with the audit rows of
    that verb. It may write rows of its own, but none of the trail.
    """
    if follower not in _followers:
        _followers.append(follower)


@contextmanager
def told_at_the_end() -> Iterator[None]:
    """Within this, followers hear of thousands of changes once, when the outermost verb ends."""
    token = _waiting.set(True)
    try:
        yield
    finally:
        _waiting.reset(token)


@contextmanager
def one_savepoint() -> Iterator[None]:
    """Within this, verbs called by a verb share its savepoint: they fail together or not at all.

    For a verb that is called by the thousand. Nobody inside may catch the refusal of another verb
    and go on.
    """
    token = _joined.set(True)
    try:
        yield
    finally:
        _joined.reset(token)


def _wait_for_disk(rows: _Pending) -> None:
    # A verb that found everything done already answers for somebody else's commit.
    wait_for_disk(if_behind=not rows)


def _tell(rows: _Pending) -> None:
    fresh = rows[rows.told :]
    rows.told = len(rows)
    for follower in _followers if fresh else ():
        follower(fresh)


def audit(
    *,
    action: str,
    obj: models.Model,
    actor: AbstractUser | None,
    at: datetime,
    reason: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Note a change for the trail; it is written when the running verb commits, or not at all."""
    row = PendingRow(
        at=at,
        actor_id=actor.pk if actor else None,
        actor_name=(actor.get_full_name() or actor.get_username()) if actor else "engine",
        session=current_session.get(),
        action=action,
        object_kind=obj._meta.label_lower,
        object_id=str(obj.pk),
        object_code=str(getattr(obj, "code", "") or obj)[:120],
        reason=reason,
        before=dict(before or {}),
        after=dict(after or {}),
    )
    rows = _pending.get()
    if rows is None:
        raise RuntimeError(f"audit({action}) outside a verb")
    rows.append(row)


@verb
def record_access(
    *, action: str, obj: models.Model, actor: AbstractUser, at: datetime, reason: str = ""
) -> None:
    """Note that somebody looked at something sensitive."""
    audit(action=action, obj=obj, actor=actor, at=at, reason=reason)
