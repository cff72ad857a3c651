"""Everything that runs by itself: every sweep, deadline and job, by whom and how often."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Sweep:
    """A question asked of the database again and again.

    `handler` is the dotted path of a function called with `at` that returns one line for the mark.
    The engine runs its own sweeps; those of the worker are run by Celery's beat, and by the engine
    when they are two periods and two seconds late.
    """

    name: str
    handler: str
    every_s: float
    by: Literal["engine", "worker"] = "engine"


SWEEPS: tuple[Sweep, ...] = (
    Sweep("telemetry.detect", "telemetry.services.detection.detect", every_s=1),
    Sweep("telemetry.probe", "telemetry.services.observer.probe_witnesses", every_s=15, by="worker"),
    Sweep("live.forget", "bcp_portal.live.services.forget_old_events", every_s=60, by="worker"),
)

# kind -> verb called as handler(deadline=..., at=...) inside the claiming transaction.
DEADLINES: dict[str, str] = {}

# kind -> function called as handler(subject_id=..., at=..., again=...) outside any transaction.
JOBS: dict[str, str] = {}

# kind -> verb called as handler(subject_id=..., error=..., at=...) when every retry has failed.
EXHAUSTED: dict[str, str] = {}
