"""Makers of the engine's rows, and handlers that only remember that they were called."""

import itertools
from datetime import datetime, timedelta

from bcp_portal.engine.models import Deadline, Job
from bcp_portal.engine.services.deadline import set_deadline
from bcp_portal.engine.services.job import queue_job
from bcp_portal.live.services import publish
from tests.make import LATER, NOON

SOON = NOON + timedelta(seconds=1)
__all__ = ["LATER", "NOON", "SOON"]

_serial = itertools.count(1)

# What the handlers below were called with, and what they are to raise.
called: list[tuple] = []
trouble: dict[int, Exception] = {}


def make_deadline(*, due_at: datetime = NOON, subject: int | None = None, **key: int) -> Deadline:
    subject_id = next(_serial) if subject is None else subject
    return set_deadline(kind="test.step", subject_id=subject_id, due_at=due_at, at=NOON, **key)


def make_job(*, kind: str = "test.call", due_at: datetime = NOON, key: str = "") -> Job:
    return queue_job(kind=kind, subject_id=next(_serial), at=NOON, due_at=due_at, key=key)


def fire(*, deadline: Deadline, at: datetime) -> None:
    """A step whose effect is a row."""
    publish(topic=f"step:{deadline.subject_id}", kind=str(deadline.step), at=at)
    called.append(("fire", deadline.subject_id, deadline.step))
    if error := trouble.get(deadline.subject_id):
        raise error


def call(*, subject_id: int, at: datetime, again: bool) -> None:
    """Work that reaches the outside."""
    called.append(("call", subject_id, again))
    if error := trouble.get(subject_id):
        raise error


def exhausted(*, subject_id: int, error: str, at: datetime) -> None:
    """What follows when a call has failed for good."""
    publish(topic=f"gave-up:{subject_id}", kind=error[:50], at=at)
