"""What the scenario's deadlines, jobs and sweeps do; run inside the processes under fire."""

import json
import os
import time
from pathlib import Path

from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.doorbell import ring
from bcp_portal.engine.services.deadline import set_deadline
from bcp_portal.engine.services.job import queue_job
from bcp_portal.live.services import publish

FOLDER = Path(os.environ["SIAGA_DATA_DIR"]) / "scenario"
LONG_ENOUGH_S = 30.0


@verb
def step(*, deadline, at):
    """One step of a run: effect, trail, call, and the promise of the next, all or nothing."""
    audit(action="scenario.step", obj=deadline, actor=None, at=at)
    publish(topic=f"run:{deadline.subject_id}", kind=f"step:{deadline.step}", at=at)
    if FOLDER.joinpath("steps-call").exists():
        queue_job(kind="scenario.call", subject_id=deadline.subject_id * 100 + deadline.step, at=at)
    if deadline.step + 1 < deadline.epoch:  # the epoch says how many steps the run has
        set_deadline(
            kind=deadline.kind, subject_id=deadline.subject_id, due_at=deadline.due_at,
            epoch=deadline.epoch, step=deadline.step + 1, at=at,
        )  # fmt: skip


def call(*, subject_id, at, again):
    """Reach the outside, with the same key each time; hang there while the file `slow` exists."""
    send({"key": f"call-{subject_id}", "again": again})
    ends = time.monotonic() + LONG_ENOUGH_S
    while FOLDER.joinpath("slow").exists() and time.monotonic() < ends:
        time.sleep(0.02)
    if FOLDER.joinpath("refuse").exists():
        raise ConnectionRefusedError("nobody takes calls here")


def send(letter):
    """Append one line in one write: what is in the file has left the building."""
    line = json.dumps(letter | {"pid": os.getpid()}) + "\n"
    descriptor = os.open(FOLDER / "sent", os.O_APPEND | os.O_CREAT | os.O_WRONLY)
    os.write(descriptor, line.encode())
    os.close(descriptor)


def give_up(*, subject_id, error, at):
    """Write down that a call has failed for good."""
    publish(topic=f"gave-up:{subject_id}", kind="failed", at=at)


def sweep(*, at):
    """Look, and find nothing."""
    ring("live")
    return "nothing"
