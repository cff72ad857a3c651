"""The verb that gives the conflicts of one person to another."""

from datetime import datetime

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from telemetry.models import ConflictCase, ConflictState
from telemetry.models.conflict_case import EventKind
from telemetry.services.conflict_note import move_case, note


@verb
def give_conflict(*, row: ConflictCase, to: User, actor: User, at: datetime) -> None:
    """Let somebody else look after a conflict; its history says so."""
    before = row.owner
    row.owner = to
    move_case(case=row, to=ConflictState(row.state), fields=("owner",))
    audit(action="conflict.hand_over", obj=row, actor=actor, at=at,
          before={"owner": before.username if before else None},
          after={"owner": to.username})  # fmt: skip
    note(case=row, kind=EventKind.TAKEN, at=at, person=to)
