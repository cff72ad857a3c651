"""The portal's own settings, with a step whose lateness can be read from outside."""

from bcp_portal.engine import schedule
from bcp_portal.settings import *  # noqa: F403

schedule.DEADLINES["scenario.step"] = "tests.faults.handlers.step"
