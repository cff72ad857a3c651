"""Verbs of a handover: what somebody answered for becomes somebody else's, all of it or nothing."""

from collections.abc import Collection
from datetime import datetime

from django.utils.translation import gettext as _

from bcp_portal.accounts.duties import DutyKind, duty_kinds, tellers
from bcp_portal.accounts.models import AccessItem, User
from bcp_portal.accounts.selectors.duties import duties_of
from bcp_portal.accounts.services.person import deactivate_person
from bcp_portal.accounts.services.user import need_reason
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError


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

    Return how much it was. Whoever leaves this way leaves nothing behind.
    """
    reason = need_reason(reason)
    if to.pk == person.pk or not to.is_active:
        raise HandoverRefusedError(_("Choose somebody else, who has an active account."))
    known = {kind.name: kind for kind in duty_kinds()}
    counted: dict[str, int] = {}
    for name, ids in _by_kind(keys).items():
        if name not in known:
            raise HandoverRefusedError(_("The list has changed meanwhile. Look at it again."))
        _give_all(known[name], ids, person=person, to=to, actor=actor, at=at)
        counted[name] = len(ids)
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
def give_report(*, row: User, to: User, actor: User, at: datetime) -> None:
    """Name another manager; whoever would manage themselves gets the manager's manager."""
    before = row.manager
    new = to if to.pk != row.pk else (before.manager if before else None)
    row.manager = new
    row.save(update_fields=["manager"])
    audit(action="user.edit", obj=row, actor=actor, at=at,
          before={"manager": before.username if before else None},
          after={"manager": new.username if new else None})  # fmt: skip


@verb
def give_access_item(*, row: AccessItem, to: User, actor: User, at: datetime) -> None:
    """Let somebody else decide about a right; never the one whose right it is."""
    if row.person_id == to.pk:
        words = _("%(name)s cannot confirm their own rights: leave %(code)s out.")
        raise HandoverRefusedError(words % {"name": to.name, "code": row.review.code})
    before = row.responsible
    row.responsible = to
    row.save(update_fields=["responsible"])
    audit(action="access_item.hand_over", obj=row, actor=actor, at=at,
          before={"responsible": before.username if before else None},
          after={"responsible": to.username})  # fmt: skip


def _by_kind(keys: Collection[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for key in sorted(set(keys)):
        name, _colon, number = key.partition(":")
        if not number.isdigit():
            raise HandoverRefusedError(_("The list has changed meanwhile. Look at it again."))
        found.setdefault(name, []).append(int(number))
    return found


def _give_all(
    kind: DutyKind, ids: list[int], *, person: User, to: User, actor: User, at: datetime
) -> None:
    rows = list(kind.rows(at).filter(pk__in=ids, **{kind.holder: person}).order_by("pk"))
    if len(rows) != len(ids):
        raise HandoverRefusedError(_("The list has changed meanwhile. Look at it again."))
    for row in rows:
        kind.give(row=row, to=to, actor=actor, at=at)


def _refuse_leftovers(person: User, *, at: datetime) -> None:
    left = [duty.words for group in duties_of(person, at=at) for duty in group.duties]
    if left:
        words = _("%(name)s would leave this behind: %(things)s. Hand it over, too.")
        shown = ", ".join(left[:5]) + (" …" if len(left) > 5 else "")
        raise HandoverRefusedError(words % {"name": person.name, "things": shown})
