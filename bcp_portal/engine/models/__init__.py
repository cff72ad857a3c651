"""What the engine keeps: deadlines, jobs, marks of its sweeps, and whether calls are held."""

from bcp_portal.engine.models.deadline import Deadline, DeadlineState
from bcp_portal.engine.models.hold import CallHold
from bcp_portal.engine.models.job import JOB_LIFECYCLE, Job, JobState
from bcp_portal.engine.models.sweep_mark import SweepMark

__all__ = [
    "JOB_LIFECYCLE",
    "CallHold",
    "Deadline",
    "DeadlineState",
    "Job",
    "JobState",
    "SweepMark",
]
