"""Verbs of a job at work: lease, do, mark. At least once, and the repeat knows that it is one."""

import logging
import os
import socket
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from django.db.models import F
from django.utils.module_loading import import_string

from bcp_portal.audit.verbs import verb
from bcp_portal.engine.claims import take_job_ids
from bcp_portal.engine.models import Job, JobState
from bcp_portal.engine.schedule import DEFAULT_LEASE_S, EXHAUSTED, JOBS, LEASES, back_off_of

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]

# Work that takes its worker along so often is not tried again.
UNKNOWN_ENDS_ALLOWED = 5


def worker_name() -> str:
    """Name this process, for people who read the lease."""
    return f"{socket.gethostname()}:{os.getpid()}"[:80]


@verb
def take_jobs(
    *,
    at: datetime,
    by: str,
    limit: int,
    grace: timedelta = timedelta(0),
    kinds: Collection[str] | None = None,
    ids: Collection[int] | None = None,
) -> list[Job]:
    """Lease jobs that nobody holds; until the lease ends, nobody else takes them."""
    until = at + timedelta(seconds=DEFAULT_LEASE_S)
    taken = take_job_ids(at=at, until=until, by=by, limit=limit, grace=grace, kinds=kinds, ids=ids)
    jobs = list(Job.objects.filter(pk__in=taken).order_by("due_at", "pk")) if taken else []
    for job in jobs:
        if job.kind in LEASES:
            job.lease_until = at + timedelta(seconds=LEASES[job.kind])
            job.save(update_fields=["lease_until"])
    return jobs


def do_job(*, job: Job, now: Clock) -> str:
    """Do a leased job outside any transaction and mark what came of it.

    Marked after it is done, never before: whoever dies in between has it done again. The other
    order would lose a call and tell nobody.
    """
    if job.unknown_ends > UNKNOWN_ENDS_ALLOWED:
        error = RuntimeError(f"its worker died or fell silent {job.unknown_ends} times")
        return fail_job(job=job, error=error, at=now())
    try:
        handler = import_string(JOBS[job.kind])
        handler(subject_id=job.subject_id, at=now(), again=job.unknown_ends > 0)
    except OSError as error:
        return postpone_job(job=job, error=error, at=now())
    except Exception as error:
        logger.exception("Job %s (%s) met a bug; it is tried again like any other", job.pk, job)
        return postpone_job(job=job, error=error, at=now())
    return finish_job(job=job, at=now())


def work_on(*, job_id: int, now: Clock) -> str:
    """Take one job, if nobody else has, and do it."""
    jobs = take_jobs(at=now(), by=worker_name(), limit=1, ids=[job_id])
    return do_job(job=jobs[0], now=now) if jobs else "taken by somebody else"


@verb
def finish_job(*, job: Job, at: datetime) -> str:
    """Mark a job as done, unless its lease ran out and somebody else took it meanwhile."""
    if _let_go(job, state=JobState.DONE, done_at=at, last_error=""):
        return "done"
    logger.warning("Job %s (%s) was done after its lease; it may be done twice", job.pk, job)
    return "done too late"


@verb
def postpone_job(*, job: Job, error: Exception, at: datetime) -> str:
    """Put a job off after a failed attempt; after the last one it has failed for good."""
    waits = back_off_of(job.kind)
    if job.attempts > len(waits):
        return fail_job(job=job, error=error, at=at)
    due_at = at + timedelta(seconds=waits[job.attempts - 1])
    # Nobody heard how an attempt ended that ran into a time-out: it may have got through.
    unknown = int(isinstance(error, TimeoutError))
    _let_go(
        job,
        state=JobState.WAITING,
        due_at=due_at,
        last_error=_words(error),
        unknown_ends=F("unknown_ends") + unknown,
    )
    logger.warning(
        "Job %s (%s) failed: %s; next try at %s", job.pk, job, _words(error), due_at.isoformat()
    )
    return "postponed"


@verb
def fail_job(*, job: Job, error: Exception, at: datetime) -> str:
    """Give a job up, and in the same transaction do what its kind does then."""
    if not _let_go(job, state=JobState.FAILED, last_error=_words(error)):
        return "failed too late"
    logger.error(
        "Job %s (%s) failed for good: %s; %s",
        job.pk,
        job,
        _words(error),
        "what follows is being written" if job.kind in EXHAUSTED else "nothing follows",
    )
    if job.kind in EXHAUSTED:
        handler = import_string(EXHAUSTED[job.kind])
        handler(subject_id=job.subject_id, error=_words(error), at=at)
    return "failed"


def _let_go(job: Job, *, state: JobState, **fields: object) -> bool:
    # The number of the attempt is the fence: a lease that ran out has a higher one by now.
    held = Job.objects.filter(pk=job.pk, state=JobState.LEASED, attempts=job.attempts)
    return bool(held.update(state=state, lease_until=None, lease_by="", **fields))


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:2000]
