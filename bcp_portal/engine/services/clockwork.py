"""Verbs for the day on which a clock was wrong and is set back."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, Value

from bcp_portal.audit.verbs import verb
from bcp_portal.engine.models import Deadline, Job, JobState
from bcp_portal.engine.schedule import DEADLINE_BACK_OFF, JOB_BACK_OFF


@verb
def bring_back(*, at: datetime) -> int:
    """Bring forward what a clock that was ahead has put off; return how many rows.

    A row made "in the future" waits again from now on, as long as it was to wait: an escalation
    after five minutes must not come after sixty-five. Its `due_at` stays, people were told it.
    Retries of older rows are due again at once.
    """
    return _bring_back_deadlines(at) + _bring_back_jobs(at)


def _bring_back_deadlines(at: datetime) -> int:
    made_ahead = Deadline.objects.waiting().filter(created_at__gt=at)
    moved = made_ahead.update(next_try_at=_after(at, "next_try_at", "created_at"), created_at=at)
    late = Deadline.objects.waiting().filter(
        attempts__gt=0,
        due_at__lte=at,
        next_try_at__gt=at + timedelta(seconds=DEADLINE_BACK_OFF[-1]),
    )
    return moved + late.update(next_try_at=at)


def _bring_back_jobs(at: datetime) -> int:
    waiting = Job.objects.filter(state=JobState.WAITING)
    made_ahead = waiting.filter(queued_at__gt=at)
    moved = made_ahead.update(due_at=_after(at, "due_at", "queued_at"), queued_at=at)
    late = waiting.filter(attempts__gt=0, due_at__gt=at + timedelta(seconds=JOB_BACK_OFF[-1]))
    return moved + late.update(due_at=at)


def _after(at: datetime, until: str, since: str) -> "ExpressionWrapper[Any]":
    wait = ExpressionWrapper(F(until) - F(since), output_field=DurationField())
    moment = Value(at, output_field=DateTimeField()) + wait
    return ExpressionWrapper(moment, output_field=DateTimeField())
