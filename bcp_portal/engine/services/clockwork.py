"""Verbs for the day on which a clock jumps back."""

from datetime import datetime, timedelta

from bcp_portal.audit.verbs import verb
from bcp_portal.engine.models import Deadline, Job, JobState
from bcp_portal.engine.schedule import DEADLINE_BACK_OFF, JOB_BACK_OFF


@verb
def bring_back_retries(*, at: datetime) -> int:
    """Bring retries forward that a clock which has jumped back since put too far off.

    Promises stay where they are: `due_at` is a time of day that people were told.
    """
    longest = timedelta(seconds=max(*DEADLINE_BACK_OFF, *JOB_BACK_OFF))
    late = Deadline.objects.waiting().filter(attempts__gt=0, next_try_at__gt=at + longest)
    moved = late.filter(due_at__lte=at).update(next_try_at=at)
    retries = Job.objects.filter(state=JobState.WAITING, attempts__gt=0, due_at__gt=at + longest)
    return moved + retries.update(due_at=at)
