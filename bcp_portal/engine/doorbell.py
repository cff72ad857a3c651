"""Doorbells: after a commit, wake whoever waits. Losing one costs a second, never the news."""

from functools import partial

from django.db import transaction

from bcp_portal.engine.bell_thread import bell


def ring(topic: str) -> None:
    """Wake the listeners of a topic ("engine", "live") once the present transaction commits."""
    transaction.on_commit(partial(bell.press, topic, ""))


def ring_job(job_id: int) -> None:
    """Tell a Celery worker of a job once the present transaction commits."""
    transaction.on_commit(partial(bell.press, "job", str(job_id)))
