"""How long the curve of a whole portfolio takes: 200 risks, 100,000 simulated years each."""

import statistics
import sys
import time

from risks.quantify import YEARS, Bet, exceedance, simulate_all

RISKS = 200
REPEATS = 5
LIMIT_S = 1.0


def measure(bets: list[Bet]) -> float:
    """Simulate once; seconds."""
    started = time.perf_counter()
    exceedance(simulate_all(bets))
    return time.perf_counter() - started


def main() -> int:
    """Measure, print, and say by the exit code whether the limit holds."""
    bets = [Bet(f"R-{n}", 0.05 + n % 10 * 0.05, 0.3 + n % 10 * 0.1, 1e6, 5e7) for n in range(RISKS)]
    middle = statistics.median(measure(bets) for _each in range(REPEATS))
    print(f"portfolio of {RISKS} risks x {YEARS} years: {middle:.2f} s (limit {LIMIT_S} s)")
    return 0 if middle <= LIMIT_S else 1


if __name__ == "__main__":
    sys.exit(main())
