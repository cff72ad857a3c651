"""How long to wait before asking again: exponential, with full jitter."""

import random

BASE_S = 1.0
CAP_S = 60.0


class Backoff:
    """Waits longer after each failure, and never in step with a thousand other sites."""

    def __init__(self, *, base_s: float = BASE_S, cap_s: float = CAP_S) -> None:
        self._base_s, self._cap_s = base_s, cap_s
        self.failures = 0

    def succeeded(self) -> None:
        """Start over."""
        self.failures = 0

    def failed(self, *, retry_after_s: float | None = None) -> float:
        """Count a failure and say how long to wait; the server's wish is the least."""
        self.failures += 1
        ceiling = min(self._cap_s, self._base_s * 2 ** min(self.failures - 1, 16))
        wait = random.uniform(0, ceiling)
        # Everybody was told the same Retry-After; the jitter comes on top of it.
        return wait if retry_after_s is None else min(retry_after_s, 3600.0) + wait
