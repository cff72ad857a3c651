"""How long the post-incident report takes, and how much memory: a short one and a very long one.

From the database to the finished PDF, by the sandboxed renderer that the portal uses, kept warm.
"""

import statistics
import sys
import time
from datetime import timedelta

ROWS = 2000
REPEATS = 5
Line = tuple[str, str, str, str, str]


def measure(pk: int, *, language: str = "en") -> tuple[float, int, int]:
    """Seconds from the database to the PDF, the most memory of the renderer, and the pages."""
    from bcp_portal.reports.services.report_file import make_paper  # noqa: PLC0415  # needs Django
    from tests.make import NOON  # noqa: PLC0415

    at = NOON + timedelta(days=10)
    started = time.perf_counter()
    paper, _content = make_paper(kind="incident", subject_id=pk, language=language, at=at)
    return time.perf_counter() - started, paper.peak_bytes, paper.pages


def prepare() -> tuple[int, int]:
    """Make the two incidents; return their keys, the short one first."""
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    call_command("sync_roles", verbosity=0)
    from tests.make import NOON, make_user  # noqa: PLC0415
    from tests.make_reports import (  # noqa: PLC0415
        make_call,
        make_reviewed_incident,
        make_timeline,
    )

    short, long = make_reviewed_incident(), make_reviewed_incident()
    make_timeline(long, ROWS - long.timeline.count())
    for number in range(100):
        due_at = NOON + timedelta(seconds=number)
        make_call(long, person=make_user(), due_at=due_at, late=timedelta(0))
    return short.pk, long.pk


def line(name: str, values: list[float], unit: str, limit: float) -> Line:
    """One line of the table, from the median."""
    middle = statistics.median(values)
    return (
        name,
        f"{middle:,.2f} {unit}",
        f"{limit:,.0f} {unit}",
        f"{middle / limit:.2f}",
        "under 1.00",
    )


def main() -> int:
    """Measure both in turns and print the table."""
    import django  # noqa: PLC0415  # not before somebody asks for this benchmark

    django.setup()
    short, long = prepare()
    measure(short)  # the renderer starts once and stays
    quick, slow = [], []
    for _ in range(REPEATS):
        quick.append(measure(short))
        slow.append(measure(long))
    print(
        f"The short report has {quick[0][2]} pages, the long one {slow[0][2]}; medians of"
        f" {REPEATS} turns, warm renderer, from the database to the PDF."
    )
    lines: list[Line] = [
        ("work", "measured", "limit", "ratio", "to reach"),
        line("short incident report", [one[0] for one in quick], "s", 1.0),
        line(f"incident report, {ROWS:,} timeline rows", [one[0] for one in slow], "s", 12.0),
        line("the same, memory", [one[1] / 2**20 for one in slow], "MB", 500.0),
    ]
    widths = [max(len(row[column]) for row in lines) for column in range(5)]
    for row in lines:
        print(" | ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
