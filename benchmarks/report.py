"""How long the post-incident report takes, and how much memory: short, whole, and very long.

From the database to the finished PDF, by the sandboxed renderer that the portal uses, kept warm.
"""

import statistics
import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module

ROWS = 2000
REPEATS = 5
Line = tuple[str, str, str, str, str]


@dataclass(frozen=True)
class Turn:
    """One report: seconds from the database to the PDF, those of the processor, memory, pages."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    pages: int


def measure(pk: int) -> Turn:
    """Make one report and say what it took."""
    from bcp_portal.reports.services.report_file import make_paper  # noqa: PLC0415  # needs Django

    at = import_module("tests.make").NOON + timedelta(days=10)
    started, own = time.perf_counter(), time.process_time()
    paper, _content = make_paper(kind="incident", subject_id=pk, language="en", at=at)
    return Turn(
        time.perf_counter() - started,
        time.process_time() - own + paper.cpu_seconds,
        paper.peak_bytes,
        paper.pages,
    )


def prepare() -> tuple[int, int, int]:
    """Make the incidents; return their keys: just opened, reviewed, reviewed and very long."""
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    call_command("sync_roles", verbosity=0)
    make, makers = import_module("tests.make"), import_module("tests.make_reports")
    short = import_module("tests.make_incidents").make_incident()
    whole, long = makers.make_reviewed_incident(), makers.make_reviewed_incident()
    makers.make_timeline(long, ROWS - long.timeline.count())
    for number in range(100):
        due_at = make.NOON + timedelta(seconds=number)
        makers.make_call(long, person=make.make_user(), due_at=due_at, late=timedelta(0))
    return short.pk, whole.pk, long.pk


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
    """Measure them in turns and print the table."""
    import django  # noqa: PLC0415  # not before somebody asks for this benchmark

    django.setup()
    incidents = prepare()
    measure(incidents[0])  # the renderer starts once and stays
    turns = [[measure(pk) for pk in incidents] for _ in range(REPEATS)]
    short, whole, long = zip(*turns, strict=True)
    cpu = [statistics.median(one.cpu_seconds for one in some) for some in (short, whole, long)]
    print(
        f"Pages: {', '.join(str(some[0].pages) for some in (short, whole, long))}; medians of"
        f" {REPEATS} turns, warm renderer, from the database to the PDF. Of the processor"
        f" they took {cpu[0]:.2f} s,"
        f" {cpu[1]:.2f} s and {cpu[2]:.2f} s; if the times below are much longer, the machine was"
        " busy with something else."
    )
    lines: list[Line] = [
        ("work", "measured", "limit", "ratio", "to reach"),
        line(f"incident report of {short[0].pages} pages", [t.seconds for t in short], "s", 1.0),
        line(f"incident report of {whole[0].pages} pages", [t.seconds for t in whole], "s", 1.0),
        line(f"incident report, {ROWS:,} timeline rows", [t.seconds for t in long], "s", 12.0),
        line("the same, memory", [t.peak_bytes / 2**20 for t in long], "MB", 500.0),
    ]
    widths = [max(len(row[column]) for row in lines) for column in range(5)]
    for row in lines:
        print(" | ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
