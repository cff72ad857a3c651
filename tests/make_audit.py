"""Makers of a trail: rows as verbs write them, and what an export of them holds."""

from dataclasses import dataclass

from bcp_portal.audit.models import AuditCheckpoint, AuditKey
from bcp_portal.audit.services.checkpoint import sign_all
from bcp_portal.audit.services.walk import stored_rows
from bcp_portal.audit.verifier import Checkpoint, Key
from bcp_portal.engine.services.hold import hold_all_calls
from tests.make import NOON


@dataclass
class Taken:
    """What somebody took away: rows, checkpoints, keys."""

    rows: list[dict]
    checkpoints: list[Checkpoint]
    keys: list[Key]


def write_rows(count: int) -> None:
    for number in range(count):
        hold_all_calls(reason=f"Reason {number}", actor=None, at=NOON)


def make_trail(*, checkpoints: int, rows_each: int) -> Taken:
    """A trail that was signed after every few rows."""
    for _number in range(checkpoints):
        write_rows(rows_each)
        sign_all(at=NOON)
    return take()


def take() -> Taken:
    return Taken(
        list(stored_rows()),
        [one.checkpoint for one in AuditCheckpoint.objects.order_by("size")],
        [one.key for one in AuditKey.objects.all()],
    )
