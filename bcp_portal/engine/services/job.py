"""Verbs of a job: queue it with the fact that causes it; the rest is the engine's and workers'."""

from datetime import datetime

from bcp_portal.audit.verbs import verb
from bcp_portal.engine.doorbell import ring_job
from bcp_portal.engine.models import Job, JobState


@verb
def queue_job(
    *, kind: str, subject_id: int, at: datetime, due_at: datetime | None = None, key: str = ""
) -> Job:
    """Ask for work on a row, once: while the same key is unfinished, the first request stands."""
    due = due_at or at
    job, is_new = Job.objects.unfinished().get_or_create(
        key=key or f"{kind}:{subject_id}",
        defaults={
            "kind": kind,
            "subject_id": subject_id,
            "queued_at": at,
            "due_at": due,
            "state": JobState.WAITING,
        },
    )
    if is_new and due <= at:
        ring_job(job.pk)
    return job


@verb
def cancel_jobs(*, kind: str, subject_id: int) -> int:
    """Take back work that nobody has begun; return how much."""
    return Job.objects.filter(kind=kind, subject_id=subject_id, state=JobState.WAITING).update(
        state=JobState.CANCELLED
    )
