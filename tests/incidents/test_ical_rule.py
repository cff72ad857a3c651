"""Our reading of recurrence rules held against the usual library's, which knows no bound."""

import random
from datetime import date, datetime, timedelta

from dateutil.rrule import rrulestr

from incidents.ical_rule import DAYS, Rule

SEED, RULES, SPAN = 20261122, 400, timedelta(days=400)


def any_rule(dice: random.Random) -> dict[str, list[object]]:
    """A rule that people might have turns by; places in a month only where they mean one."""
    frequency = dice.choice(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"])
    said: dict[str, list[object]] = {"FREQ": [frequency], "INTERVAL": [dice.randint(1, 4)]}
    if dice.random() < 0.5:
        said["BYMONTH"] = dice.sample(range(1, 13), dice.randint(1, 4))
    if dice.random() < 0.5:
        may_place = frequency == "MONTHLY" or (frequency == "YEARLY" and "BYMONTH" in said)
        place = dice.choice(["", "", "1", "2", "-1"]) if may_place else ""
        said["BYDAY"] = [f"{place}{day}" for day in dice.sample(DAYS, dice.randint(1, 3))]
    if frequency in ("MONTHLY", "YEARLY") and dice.random() < 0.4:
        said["BYMONTHDAY"] = dice.sample([*range(1, 32), -1, -2], dice.randint(1, 3))
    if dice.random() < 0.3:
        said["COUNT"] = [dice.randint(1, 30)]
    if frequency == "WEEKLY":
        said["WKST"] = [dice.choice(DAYS)]
    return said


def test_random_rules_strike_on_the_days_that_the_usual_library_finds():
    dice = random.Random(SEED)
    for _number in range(RULES):
        first = date(2026, 1, 1) + timedelta(days=dice.randrange(365))
        said = any_rule(dice)
        words = ";".join(f"{name}={','.join(map(str, part))}" for name, part in said.items())
        since, until = first + timedelta(days=dice.randrange(90)), first + SPAN
        start = datetime.combine(first, datetime.min.time())
        theirs = [
            day.date()
            for day in rrulestr(words, dtstart=start).between(
                datetime.combine(since, datetime.min.time()),
                datetime.combine(until, datetime.min.time()),
                inc=True,
            )
        ]

        ours = list(Rule.read(said, first=first).days(since=since, until=until))

        assert ours == theirs, (first, since, words)
