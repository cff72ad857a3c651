"""How others do it, kept here so that the checks can be seen to fail on it."""

import os
import signal
import sys
import time
from pathlib import Path

import django

FOLDER = Path(os.environ["SIAGA_DATA_DIR"]) / "scenario"


def marked_before_it_is_sent(*, subject_id, at, again):
    """Note the call as made, then make it."""
    from bcp_portal.engine.models import Job, JobState  # noqa: PLC0415  # read by settings too
    from tests.faults.handlers import send  # noqa: PLC0415

    Job.objects.filter(subject_id=subject_id).update(
        state=JobState.DONE, lease_until=None, done_at=at
    )
    linger()
    send({"key": f"call-{subject_id}", "again": again})


def sent_before_it_is_marked(*, subject_id, at, again):
    """The same moment of death in the right order: the engine marks when we have returned."""
    from tests.faults.handlers import send  # noqa: PLC0415

    linger()
    send({"key": f"call-{subject_id}", "again": again})


def linger():
    """Stand where death will come: nothing has left the building yet."""
    FOLDER.joinpath(f"lingering-{os.getpid()}").touch()
    ends = time.monotonic() + 60.0
    while FOLDER.joinpath("slow").exists() and time.monotonic() < ends:
        time.sleep(0.02)


def declare(*, published_with_the_fact: bool) -> None:
    """Declare something that somebody must be called for, and die right after the commit."""
    from django.db import transaction  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from bcp_portal.engine.services.job import queue_job  # noqa: PLC0415
    from bcp_portal.live.services import publish  # noqa: PLC0415

    at = timezone.now()
    with transaction.atomic():
        publish(topic="declared:1", kind="declared", at=at)
        transaction.on_commit(lambda: os.kill(os.getpid(), signal.SIGKILL))
        if published_with_the_fact:
            queue_job(kind="scenario.call", subject_id=1, at=at)
        else:
            transaction.on_commit(
                lambda: queue_job(kind="scenario.call", subject_id=1, at=timezone.now())
            )


if __name__ == "__main__":
    django.setup()
    declare(published_with_the_fact=sys.argv[1] == "with-the-fact")
