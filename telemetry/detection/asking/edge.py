"""Rule 19: the application is slow, or fails, where the users are."""

from django.db.models import Q
from django.utils.translation import gettext_noop

from telemetry.detection.board import Board, Subject, claim_about, devices, number, suspects
from telemetry.detection.outcome import Outcome
from telemetry.models import NodeState, SignalRule

CODE = SignalRule.SLOW_APP
# Let go when it is a fifth better than what raised it.
CLEAR = 0.8
# A share of errors needs so many transactions to be one.
MIN_TRANSACTIONS = 20


def slow_apps(board: Board) -> list[Outcome]:
    """Devices on which the app answers late or refuses; sums round so that they stay quiet."""
    least = board.tuning.spread(CODE, "p95_ms")[0] * CLEAR
    rows = (
        devices()
        .filter(state__node_state__in=[NodeState.ONLINE, NodeState.CONNECTED])
        .filter(Q(state__app__p95_ms__gte=least) | Q(state__app__errors_5m__gt=0))
        .values_list("pk", "site_id", "name", "state__app", "state__last_sampled_at")
    )
    claims, still = [], set()
    for place, numbers, (pk, _site, name, app, sampled_at) in suspects(board, CODE, rows):
        p95 = number(app.get("p95_ms")) or 0.0
        tried = number(app.get("tx_5m")) or 0.0
        share = (number(app.get("errors_5m")) or 0.0) / tried if tried >= MIN_TRANSACTIONS else 0.0
        subject = Subject(place, name, device_id=pk)
        worst = max(p95 / numbers["p95_ms"], share / numbers["error_share"])
        if worst >= CLEAR:
            still.add(subject.key)
        if worst < 1:
            continue
        claims.append(
            claim_about(
                board,
                CODE,
                subject,
                title=gettext_noop("The application on %(device)s is slow or fails"),
                severity=3 if worst >= 2 else 4,
                began_at=sampled_at or board.at,
                sums={
                    "p95_limit_ms": numbers["p95_ms"],
                    "error_limit_pct": round(numbers["error_share"] * 100, 1),
                    "worst": coarse(worst),
                    "version": str(app.get("version", ""))[:40],
                },
            )
        )
    return [Outcome(CODE, claims, keep=still.__contains__)]


def coarse(times: float) -> float:
    """1, 2, 5, 10, 20 ... times: a number that moves only when it matters."""
    steps = [base * 10.0**power for power in range(5) for base in (1, 2, 5)]
    return max((step for step in steps if step <= times), default=1.0)
