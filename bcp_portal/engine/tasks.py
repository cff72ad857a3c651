"""Celery doors: one verb each, about rows; losing a message or repeating it is harmless."""

from celery import shared_task

from bcp_portal.engine import clock
from bcp_portal.engine.services.sweeping import run_due_worker_sweeps
from bcp_portal.engine.services.working import work_on


@shared_task(name="engine.work")
def work(job_id: int) -> str:
    """Do one job, if nobody else has taken it."""
    return work_on(job_id=job_id, now=clock.now)


@shared_task(name="engine.sweep_for_worker")
def sweep_for_worker() -> str:
    """Every 5 s: run the worker's sweeps that are due."""
    return run_due_worker_sweeps(now=clock.now)
