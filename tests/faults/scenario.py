"""Settings of the processes under fire: the portal's own, with kinds of work that can be counted.

A step writes a row with its effect in its own transaction, a call appends a line to a file as if
it had left the building. Both files and rows are counted from outside.
"""

import os

from bcp_portal.engine import schedule
from bcp_portal.settings import *  # noqa: F403

schedule.SWEEPS = tuple(
    schedule.Sweep(f"scenario.{by}", "tests.faults.handlers.sweep", every_s=1.0, by=by)
    for by in ("engine", "worker")
)
schedule.DEADLINES["scenario.step"] = "tests.faults.handlers.step"
schedule.JOBS["scenario.call"] = os.environ.get("SCENARIO_CALL", "tests.faults.handlers.call")
schedule.EXHAUSTED["scenario.call"] = "tests.faults.handlers.give_up"
# A dead worker's call is missed after three seconds instead of fifteen: the suite is impatient.
schedule.LEASES["scenario.call"] = 3.0
