"""What the engine keeps: deadlines, jobs, marks of its sweeps, and whether calls are held."""

from bcp_portal.engine.models.deadline import POISONED_AFTER, Deadline, DeadlineState
from bcp_portal.engine.models.hold import CallHold
from bcp_portal.engine.models.job import JOB_LIFECYCLE, Job, JobState
from bcp_portal.engine.models.sweep_mark import SweepMark
from bcp_portal.engine.models.sweep_turn import TURN, SweepTurn

__all__ = [
    "JOB_LIFECYCLE",
    "POISONED_AFTER",
    "TURN",
    "CallHold",
    "Deadline",
    "DeadlineState",
    "Job",
    "JobState",
    "SweepMark",
    "SweepTurn",
]
