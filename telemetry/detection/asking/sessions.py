"""Rules 7, 10, 14 and 21: odd syncs, expiring queues, power cuts, slots near their end."""

from datetime import datetime, timedelta

from django.db.models import F, Q
from django.utils.translation import gettext_noop

from telemetry.detection.board import Board, Subject, claim_about, number, suspects
from telemetry.detection.money import value_sums
from telemetry.detection.outcome import Outcome
from telemetry.models import NodeState, SignalRule, StreamState, SyncHabit
from telemetry.services.signal import Claim

DAY = timedelta(hours=24)
TOLD_FOR = timedelta(minutes=5)
POWER_CODES = frozenset({"power", "power_down", "shutdown", "killed", "restart"})
# The engine itself says that the other side went: a machine born since explains nothing then.
LINK_CODES = frozenset({"subscriber_gone", "peer_disconnected", "unreachable", "timeout"})
_OF_HABIT = ("pk", "device__site_id", "device_id", "stream_name", "last_started_at")


def _habits() -> Q:
    return Q(device__revoked_at=None, device__retired_at=None)


def unusual_syncs(board: Board) -> list[Outcome]:
    """Two sessions in a row that do not fit; the next one that fits ends it."""
    rule = SignalRule.UNUSUAL_SYNC
    rows = (
        SyncHabit.objects.filter(_habits(), odd_streak__gte=2, last_started_at__gte=board.at - DAY)
        .values_list(*_OF_HABIT, "odd_sums")
    )  # fmt: skip
    claims = [
        claim_about(
            board,
            rule,
            Subject(place, stream, device_id=device, is_stream=True),
            title=gettext_noop("Sync of %(stream)s at %(site)s is not as usual"),
            severity=4,
            began_at=started_at,
            sums=sums,
        )
        for place, _numbers, (_pk, _site, device, stream, started_at, sums) in suspects(
            board, rule, rows
        )
    ]
    return [Outcome(rule, claims)]


def cut_off_syncs(board: Board) -> list[Outcome]:
    """A sync that ended with the machine's power.

    Over with the next session of the stream, but told for a while even if both were heard of at
    once: a device often reports the break and its repair in one breath, when its link is back.
    """
    rule = SignalRule.SYNC_CUT_OFF
    is_fresh = Q(cut_off_heard_at__gt=board.at - TOLD_FOR)
    rows = (
        SyncHabit.objects.filter(_habits(), cut_off_at__gte=board.at - DAY)
        .filter(is_fresh | Q(last_started_at=F("cut_off_at")))
        .values_list(
            "pk", "device__site_id", "device_id", "stream_name", "cut_off_at", "cut_off_codes",
            "device__state__host", "device__state__agent", "device__state__last_sampled_at",
        )
    )  # fmt: skip
    claims = []
    for place, numbers, row in suspects(board, rule, rows):
        _pk, _site, device, stream, started_at, codes, host, agent, sampled_at = row
        proof = power_proof(codes, host, agent, started_at, sampled_at, numbers["battery_pct"])
        if proof:
            subject = Subject(place, stream, device_id=device, is_stream=True)
            claims.append(_cut_off(board, subject, started_at, proof))
    return [Outcome(rule, claims + _dark_while_syncing(board, {claim.key for claim in claims}))]


def _cut_off(board: Board, subject: Subject, at: datetime, proof: str) -> Claim:
    return claim_about(
        board,
        SignalRule.SYNC_CUT_OFF,
        subject,
        title=gettext_noop("The power went during the sync of %(stream)s at %(site)s"),
        severity=3,
        began_at=at,
        sums={"power": proof, "started_at": at.isoformat()},
    )


def power_proof(
    codes: list[str],
    host: dict[str, object],
    agent: dict[str, object],
    started_at: datetime,
    sampled_at: datetime | None,
    battery_pct: float,
) -> str:
    """What shows that it was the power: the engine's word, the battery, or a machine born since."""
    if POWER_CODES & set(codes):
        return "told"
    battery = number(host.get("battery_pct"))
    if host.get("on_ups") is True or (battery is not None and battery <= battery_pct):
        return "battery"
    if LINK_CODES & set(codes):
        return ""
    uptime = number(agent.get("uptime_s"))
    if sampled_at and uptime is not None:
        born_at = sampled_at - timedelta(seconds=uptime)
        return "restart" if born_at > started_at else ""
    return ""


def _dark_while_syncing(board: Board, known: set[str]) -> list[Claim]:
    """Devices whose last word was "syncing, on battery", and which are silent since."""
    rule = SignalRule.SYNC_CUT_OFF
    if board.is_blind:
        return []
    rows = StreamState.objects.filter(
        Q(device__state__host__on_ups=True)
        | Q(device__state__host__battery_pct__lte=board.tuning.spread(rule, "battery_pct")[1]),
        device__state__reported_state="syncing",
        device__state__node_state__in=[NodeState.OFFLINE, NodeState.DARK],
        device__revoked_at=None,
        device__state__last_sampled_at__gte=board.at - DAY,
        pending_records__gt=0,
    ).values_list("stream_id", "stream__site_id", "device_id", "stream__name", "sampled_at")
    return [
        _cut_off(board, Subject(place, stream, device, is_stream=True), sampled_at, "battery")
        for place, _numbers, (_pk, _site, device, stream, sampled_at) in suspects(board, rule, rows)
        if f"{place.code}:{stream}" not in known
    ]


def slots_at_risk(board: Board) -> list[Outcome]:
    """A publisher's slot that the server is about to drop, or has dropped."""
    rule = SignalRule.SLOT_AT_RISK
    rows = (
        SyncHabit.objects.filter(_habits()).exclude(slot_code="")
        .values_list(*_OF_HABIT, "slot_code", "slot_told")
    )  # fmt: skip
    claims = {}
    for place, _numbers, row in suspects(board, rule, rows):
        _pk, _site, device, stream, started_at, code, told = row
        claim = claim_about(
            board,
            rule,
            Subject(place, stream, device_id=device, is_stream=True),
            title=gettext_noop("The replication slot of %(stream)s at %(site)s is at risk"),
            severity=2,
            began_at=started_at or board.at,
            sums={"slot": code.removeprefix("slot_"), "told": told},
        )
        claims[claim.key] = claim
    return [Outcome(rule, list(claims.values()))]


def expiring_queues(board: Board) -> list[Outcome]:
    """Rule 10: what waits loses its meaning at a moment that comes near, whoever listens."""
    code, rule = SignalRule.RPO_PREDICTED, SignalRule.QUEUE_EXPIRES
    soon = board.at + timedelta(minutes=board.tuning.spread(code, "expiry_min")[1])
    rows = StreamState.objects.filter(
        pending_records__gt=0, pending_expires_at__lt=soon, device__revoked_at=None
    ).values_list(
        "stream_id", "stream__site_id", "device_id", "stream__name", "stream__asset_id",
        "pending_expires_at", "pending_value_minor", "currency", "sampled_at",
        "last_sync_ok_at",
    )  # fmt: skip
    claims = []
    for place, numbers, row in suspects(board, code, rows):
        pk, _site, device, stream, asset, expires_at, value, currency, sampled_at, _ok = row
        warned = expires_at - timedelta(minutes=numbers["expiry_min"])
        # What had expired before it was even told is over: there is nothing left to save.
        if board.at < warned or expires_at < sampled_at - DAY:
            continue
        claims.append(
            claim_about(
                board,
                rule,
                Subject(place, stream, device, pk, asset, is_stream=True),
                title=gettext_noop("What waits in %(stream)s at %(site)s is about to expire"),
                severity=2 if expires_at <= board.at else 3,
                began_at=warned,
                sums={"expires_at": expires_at.isoformat(), **value_sums(value, currency)},
            )
        )
    return [Outcome(rule, claims)]
