"""How long the curve of a whole portfolio takes: 200 risks, 100,000 simulated years each."""

import statistics
import sys
import time

from risks.quantify import YEARS, Bet, exceedance, simulate_all

RISKS = 200
REPEATS = 5
LIMIT_S = 1.0


def measure(bets: list[Bet]) -> tuple[float, float]:
    """Simulate once; seconds by the clock and of the processor: others may be busy too."""
    started, worked = time.perf_counter(), time.process_time()
    exceedance(simulate_all(bets))
    return time.perf_counter() - started, time.process_time() - worked


def main() -> int:
    """Measure, print, and say by the exit code whether the limit holds."""
    bets = [Bet(f"R-{n}", 0.05 + n % 10 * 0.05, 0.3 + n % 10 * 0.1, 1e6, 5e7) for n in range(RISKS)]
    turns = [measure(bets) for _each in range(REPEATS)]
    clock, worked = (statistics.median(column) for column in zip(*turns, strict=True))
    print(
        f"portfolio of {RISKS} risks x {YEARS} years: {clock:.2f} s,"
        f" of the processor {worked:.2f} s (limit {LIMIT_S} s)"
    )
    return 0 if worked <= LIMIT_S else 1


if __name__ == "__main__":
    sys.exit(main())
