"""How long the register takes on paper: 900 risks, from the database to the finished PDF."""

import statistics
import sys
import time
from datetime import timedelta
from importlib import import_module

RISKS = 900
REPEATS = 3
LIMIT_S = 6.0


def prepare() -> None:
    """Fill a register whose history is kept."""
    from django.core.management import call_command  # noqa: PLC0415  # needs Django

    call_command("migrate", verbosity=0)
    make, makers = import_module("tests.make"), import_module("tests.make_risks")
    owner = make.make_user()
    for number in range(RISKS):
        makers.make_risk(
            owner=owner,
            title=f"Something that could happen to the tills of region {number}",
            residual=(number % 5 + 1, number // 5 % 5 + 1),
        )


def measure() -> float:
    """Make the paper once; seconds."""
    from bcp_portal.reports.services.report_file import make_paper  # noqa: PLC0415

    at = import_module("tests.make").NOON + timedelta(days=10)
    subject = import_module("risks.reports.register").report_subject(at)
    started = time.perf_counter()
    make_paper(kind="register", subject_id=subject, language="en", at=at)
    return time.perf_counter() - started


def main() -> int:
    """Measure, print, and say by the exit code whether the limit holds."""
    import django  # noqa: PLC0415  # not before somebody asks for this benchmark

    django.setup()
    prepare()
    cold, *warm = [measure() for _each in range(REPEATS + 1)]
    middle = statistics.median(warm)
    print(
        f"register PDF, {RISKS} risks: cold {cold:.2f} s, warm {middle:.2f} s (limit {LIMIT_S} s)"
    )
    return 0 if middle <= LIMIT_S else 1


if __name__ == "__main__":
    sys.exit(main())
