"""Rule 18: samples that are missing, and samples that came again with another content."""

from django.db.models import F, Q
from django.utils.translation import gettext_noop

from telemetry.detection.board import Board, Subject, claim_about, devices, number, suspects
from telemetry.detection.outcome import Outcome
from telemetry.ingest import ranges
from telemetry.models import NodeState, SequenceLedger, SignalRule

CODE = SignalRule.TELEMETRY_LOSS


def lost_samples(board: Board) -> list[Outcome]:
    """Numbers that never came, were not declared as dropped, and wait nowhere.

    The newest samples come first and the gap is filled afterwards: while the outbox of the device
    could still hold what is missing, nothing is lost.
    """
    rows = (
        SequenceLedger.objects.filter(
            Q(received__1__isnull=False) | Q(received__0__0__gt=1),
            boot_id=F("device__state__boot_id"),
            device__revoked_at=None,
            device__state__node_state=NodeState.ONLINE,
        )
        .values_list(
            "device_id", "device__site_id", "device__name", "received", "dropped",
            "device__state__agent", "first_received_at",
        )
    )  # fmt: skip
    claims = []
    for place, numbers, row in suspects(board, CODE, rows):
        pk, _site, name, received, dropped, agent, since = row
        lost = ranges.losses(received, dropped)
        missing = ranges.count(lost)
        waiting = number(agent.get("outbox_items"))
        if missing < numbers["min_lost"] or waiting is None or waiting >= missing:
            continue
        claims.append(
            claim_about(
                board,
                CODE,
                Subject(place, name, device_id=pk),
                title=gettext_noop("Telemetry of %(device)s is missing"),
                severity=4,
                began_at=since,
                sums={
                    "lost": missing,
                    "ranges": [list(pair) for pair in lost[:5]],
                },
            )
        )
    return [Outcome(CODE, claims)]


def tampered(board: Board) -> list[Outcome]:
    """The same number came again with another content; over when the device is enrolled anew."""
    rule = SignalRule.TAMPERING
    rows = (
        devices()
        .filter(state__contradictions__gt=0)
        .values_list("pk", "site_id", "name", "state__contradictions", "state__last_received_at")
    )
    claims = [
        claim_about(
            board,
            rule,
            Subject(place, name, device_id=pk),
            title=gettext_noop("%(device)s told the same thing twice, differently"),
            severity=2,
            began_at=received_at or board.at,
            sums={"contradictions": min(contradictions, 5), "or_more": contradictions > 5},
        )
        for place, _numbers, (pk, _site, name, contradictions, received_at) in suspects(
            board, CODE, rows
        )
    ]
    return [Outcome(rule, claims)]
