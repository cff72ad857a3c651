"""Rule 20: an order that a reachable site has not applied; a dark one applies it on its return."""

from datetime import timedelta

from django.db.models import Max
from django.utils.translation import gettext_noop

from telemetry.detection.board import Board, Subject, claim_about, suspects
from telemetry.detection.outcome import Outcome
from telemetry.models import OrderDelivery, SignalRule

CODE = SignalRule.ORDER_NOT_APPLIED


def orders_not_applied(board: Board) -> list[Outcome]:
    """Devices that can be reached, and were long enough, and do not do what is wanted."""
    since = board.at - timedelta(minutes=board.tuning.spread(CODE, "after_min")[0])
    rows = (
        OrderDelivery.objects.behind()
        .reachable()
        .filter(
            desired_state__superseded_at=None,
            desired_state__published_at__lte=since,
            device__state__node_state_since__lte=since,
        )
        .values("device_id", "device__site_id", "device__name")
        .annotate(
            epoch=Max("desired_state__epoch"), published_at=Max("desired_state__published_at")
        )
        .values_list(
            "device_id", "device__site_id", "device__name", "rung", "detail", "epoch",
            "published_at", "device__state__node_state_since",
        )
    )  # fmt: skip
    claims = []
    for place, numbers, row in suspects(board, CODE, rows):
        pk, _site, name, rung, detail, epoch, published_at, reachable_since = row
        within = timedelta(minutes=numbers["after_min"])
        if board.at - max(published_at, reachable_since) < within:
            continue
        claims.append(
            claim_about(
                board,
                CODE,
                Subject(place, name, device_id=pk),
                title=gettext_noop("%(device)s can be reached but has not applied an order"),
                severity=2,
                began_at=published_at,
                sums={
                    "epoch": epoch,
                    "rung": rung,
                    "detail": detail[:120],
                    "published_at": published_at.isoformat(),
                },
            )
        )
    return [Outcome(CODE, claims)]
