"""Verbs of a handover: what somebody answered for becomes somebody else's, all of it or nothing."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from bcp_portal.accounts.duties import DutyKind, duty_kinds, tellers
from bcp_portal.accounts.models import AccessItem, User
from bcp_portal.accounts.selectors.duties import duties_of
from bcp_portal.accounts.services.person import deactivate_person
from bcp_portal.accounts.services.user import need_reason
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError

MOST_SHOWN = 5


class HandoverRefusedError(DomainError):
    """This cannot be handed over so."""


@verb
def hand_over(
    *,
    person: User,
    to: User,
    keys: Collection[str],
    reason: str,
    actor: User,
    at: datetime,
    and_close: bool = False,
) -> int:
    """Give what was chosen of one person's work to another; with `and_close` the person leaves.

    Return how much it was. Whoever leaves this way leaves nothing behind, and nobody gets work
    that their roles do not let them do.
    """
    reason = need_reason(reason)
    if to.pk == person.pk or not to.is_active:
        raise HandoverRefusedError(_("Choose somebody else, who has an active account."))
    known = {kind.name: kind for kind in duty_kinds()}
    counted: dict[str, int] = {}
    chosen: list[tuple[DutyKind, list[Any]]] = []
    lacking: list[tuple[DutyKind, Any]] = []
    for name, ids in _by_kind(keys).items():
        if name not in known:
            raise HandoverRefusedError(_("The list has changed meanwhile. Look at it again."))
        rows = _rows_of(known[name], ids, person=person, at=at)
        lacking += [(known[name], row) for row in rows if not _may(known[name], row, to)]
        chosen.append((known[name], rows))
    _refuse_wrong_hands(lacking, to)
    for kind, rows in chosen:
        _give_all(kind, rows, to=to, actor=actor, at=at)
        counted[kind.name] = len(rows)
    _refuse_out_of_sight(chosen, to, at=at)
    total = sum(counted.values())
    if total:
        audit(action="user.hand_over", obj=person, actor=actor, at=at, reason=reason,
              after={"to": to.username, **counted})  # fmt: skip
        for tell in tellers():
            tell(person=person, to=to, count=total, at=at)
    if and_close:
        _refuse_leftovers(person, at=at)
        deactivate_person(user=person, actor=actor, at=at, reason=reason)
    return total


@verb
def give_row(
    *,
    row: Any,
    to: User | None,
    actor: User,
    at: datetime,
    holder: str,
    action: str = "",
    about: Any = None,
) -> None:
    """Write another person into the field of a row that names its holder.

    The trail has it about `about`, if the row is part of that, under the name `action`.
    """
    before = getattr(row, holder)
    setattr(row, holder, to)
    row.save(update_fields=[holder])
    audit(
        action=action or f"{row._meta.model_name}.hand_over",
        obj=about or row,
        actor=actor,
        at=at,
        before={holder: before.username if before else None},
        after={holder: to.username if to else None},
    )


@verb
def give_report(*, row: User, to: User, actor: User, at: datetime) -> None:
    """Name another manager; whoever would manage themselves gets the manager's manager."""
    before = row.manager
    new = to if to.pk != row.pk else (before.manager if before else None)
    give_row(row=row, to=new, actor=actor, at=at, holder="manager", action="user.edit")


@verb
def give_access_item(*, row: AccessItem, to: User, actor: User, at: datetime) -> None:
    """Let somebody else decide about a right; never the one whose right it is."""
    if row.person_id == to.pk:
        words = _("%(name)s cannot confirm their own rights: leave %(code)s out.")
        raise HandoverRefusedError(words % {"name": to.name, "code": row.review.code})
    give_row(row=row, to=to, actor=actor, at=at, holder="responsible",
             action="access_item.hand_over")  # fmt: skip


def _by_kind(keys: Collection[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for key in sorted(set(keys)):
        name, _colon, number = key.partition(":")
        if not number.isdigit():
            raise HandoverRefusedError(_("The list has changed meanwhile. Look at it again."))
        found.setdefault(name, []).append(int(number))
    return found


def _rows_of(kind: DutyKind, ids: list[int], *, person: User, at: datetime) -> list[Any]:
    rows = list(kind.rows(at).filter(pk__in=ids, **{kind.holder: person}).order_by("pk"))
    if len(rows) != len(ids):
        raise HandoverRefusedError(_("The list has changed meanwhile. Look at it again."))
    return rows


def _may(kind: DutyKind, row: Any, to: User) -> bool:
    right = kind.right_for(row)
    return not right or to.has_perm(right)


def _refuse_wrong_hands(lacking: list[tuple[DutyKind, Any]], to: User) -> None:
    if lacking:
        shown = _few([f"{kind.label}: {kind.words(row)}" for kind, row in lacking])
        words = _(
            "%(name)s has no role for this: %(things)s."
            " Leave it out and give it to somebody else, or give them the role first."
        )
        raise HandoverRefusedError(words % {"name": to.name, "things": shown})


def _refuse_out_of_sight(
    chosen: list[tuple[DutyKind, list[Any]]], to: User, *, at: datetime
) -> None:
    """Refuse what lies where the new holder may not look; asked last, for places go along."""
    hidden: list[str] = []
    for kind, rows in chosen:
        queryset: Any = kind.rows(at).model._default_manager.all()
        if not kind.places or not hasattr(queryset, "visible_to"):
            continue
        mine = queryset.filter(pk__in=[row.pk for row in rows]).visible_to(to)
        seen = set(mine.values_list("pk", flat=True))
        hidden += [f"{kind.label}: {kind.words(row)}" for row in rows if row.pk not in seen]
    if hidden:
        words = _("%(name)s may not look at this: %(things)s. Assign the place to them first.")
        raise HandoverRefusedError(words % {"name": to.name, "things": _few(hidden)})


def _few(names: list[str]) -> str:
    return "; ".join(names[:MOST_SHOWN]) + (" …" if len(names) > MOST_SHOWN else "")


def _give_all(kind: DutyKind, rows: list[Any], *, to: User, actor: User, at: datetime) -> None:
    for row in rows:
        if kind.give:
            kind.give(row=row, to=to, actor=actor, at=at)
        else:
            give_row(row=row, to=to, actor=actor, at=at, holder=kind.holder)


def _refuse_leftovers(person: User, *, at: datetime) -> None:
    left = [duty.words for group in duties_of(person, at=at) for duty in group.duties]
    if left:
        words = _("%(name)s would leave this behind: %(things)s. Hand it over, too.")
        raise HandoverRefusedError(words % {"name": person.name, "things": _few(left)})
