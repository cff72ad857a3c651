"""By when an incident has to be looked back on, and how its owner is reminded; a table as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from incidents.models import Severity


@dataclass(frozen=True)
class ReviewTimes:
    """One row: due so long after the opening, with a first reminder so long before."""

    due_within: timedelta
    remind_before: timedelta


# The graver it was, the sooner its lesson is due.
REVIEW_TIMES: Mapping[Severity, ReviewTimes] = {
    Severity.CRITICAL: ReviewTimes(timedelta(days=3), timedelta(days=1)),
    Severity.HIGH: ReviewTimes(timedelta(days=5), timedelta(days=1)),
    Severity.MODERATE: ReviewTimes(timedelta(days=7), timedelta(days=2)),
    Severity.LOW: ReviewTimes(timedelta(days=14), timedelta(days=3)),
}
# Once it is late, until it is signed; from the second of these on the owner's manager hears too.
REMIND_AGAIN_EVERY = timedelta(days=2)
MANAGER_FROM_REMINDER = 2


def times_of(severity: int) -> ReviewTimes:
    """The row of a severity."""
    return REVIEW_TIMES[Severity(severity)]
