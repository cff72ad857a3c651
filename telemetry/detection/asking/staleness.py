"""Rules 11 and 12: old data from a device that speaks, and devices that speak no more."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Max, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_noop

from telemetry.detection.asking.reported import reported_claims
from telemetry.detection.board import Board, Place, Subject, claim_about, devices, suspects
from telemetry.detection.outcome import Outcome
from telemetry.detection.tuning import Numbers
from telemetry.models import NodeState, SignalRule, SiteSpan, StreamState
from telemetry.models.device import SILENT_STATES

CODE = SignalRule.STALE_DATA
# Heard within this long: it speaks now.
SPEAKS = timedelta(minutes=10)
REACHABLE = (NodeState.ONLINE, NodeState.CONNECTED)
# While nothing of a site was heard, or was to be, none of its devices kept silent on its own.
UNHEARD = SILENT_STATES | {NodeState.UNKNOWN, NodeState.PLANNED_OFFLINE}


def stale_data(board: Board) -> list[Outcome]:
    """Streams that a device which speaks has not mentioned for hours."""
    least = timedelta(hours=board.tuning.spread(CODE, "data_h")[0])
    rows = StreamState.objects.filter(
        sampled_at__lt=board.at - least,
        device__revoked_at=None,
        device__retired_at=None,
        device__state__last_received_at__gte=board.at - SPEAKS,
    ).values_list(
        "stream_id", "stream__site_id", "stream__name", "device_id", "sampled_at",
        "stream__asset_id",
    )  # fmt: skip
    claims = []
    for place, numbers, (pk, _site, name, device, sampled_at, asset) in suspects(board, CODE, rows):
        if board.at - sampled_at <= timedelta(hours=numbers["data_h"]):
            continue
        claims.append(
            claim_about(
                board,
                CODE,
                Subject(place, name, device, pk, asset, is_stream=True),
                title=gettext_noop("%(site)s speaks, but tells nothing new about %(stream)s"),
                severity=3,
                began_at=sampled_at,
                sums={"sampled_at": sampled_at.isoformat(), "data_h": numbers["data_h"]},
            )
        )
    return [Outcome(CODE, claims)]


def stale_devices(board: Board) -> list[Outcome]:
    """Devices that nobody has heard for weeks, or that were enrolled and never spoke."""
    rule = SignalRule.STALE_DEVICE
    if board.is_blind:
        return [Outcome(rule, keep=lambda _key: True)]
    longest = board.at - timedelta(days=board.tuning.spread(CODE, "device_d")[0])
    rows = (
        devices()
        .filter(
            Q(state__last_received_at__lt=longest)
            | Q(state__last_received_at=None, enrolled_at__lt=longest)
        )
        .exclude(state__node_state__in=[NodeState.LOST, NodeState.PLANNED_OFFLINE])
        .values_list("pk", "site_id", "name", "state__last_received_at", "enrolled_at")
    )
    claims = []
    for place, numbers, (pk, _site, name, heard, enrolled) in suspects(board, CODE, rows):
        since = heard or enrolled
        if board.at - since <= timedelta(days=numbers["device_d"]):
            continue
        claims.append(
            claim_about(
                board,
                rule,
                Subject(place, name, device_id=pk),
                title=gettext_noop("%(device)s has not been heard for a long time"),
                severity=4,
                began_at=since,
                sums={
                    "last_heard_at": since.isoformat(),
                    "device_d": numbers["device_d"],
                    "never_heard": heard is None,
                },
            )
        )
    return [Outcome(rule, claims)]


def missing_devices(board: Board) -> list[Outcome]:
    """A device silent through working hours while a neighbour at its site speaks.

    The hours begin when the site as a whole was heard again: after an outage the devices of a site
    come back one by one, and the last of them is not missing.
    """
    rule = SignalRule.DEVICE_MISSING
    if board.is_blind:
        return [Outcome(rule, keep=lambda _key: True)]
    least = timedelta(hours=board.tuning.spread(rule, "working_h")[0])
    speaking = Q(
        site__devices__state__last_received_at__gte=board.at - SPEAKS,
        site__devices__revoked_at=None,
        site__devices__retired_at=None,
    )
    rows = (
        devices()
        .filter(
            state__last_received_at__lt=board.at - least,
            state__last_received_at__gte=board.at - timedelta(days=30),
            state__is_flapping=False,
        )
        .filter(speaking)
        .exclude(state__node_state=NodeState.LOST)
        .distinct()
        .values_list("pk", "site_id", "name", "state__last_received_at")
    )
    claims = []
    found = list(suspects(board, rule, rows))
    heard_again = _heard_again({place.pk for place, _numbers, _row in found}, board.at)
    for place, numbers, (pk, _site, name, heard) in found:
        since = max(heard, heard_again.get(place.pk, heard))
        hours = working_hours(since, board.at, place, numbers)
        if place.pk in board.in_window or hours < numbers["working_h"]:
            continue
        claims.append(
            claim_about(
                board,
                rule,
                Subject(place, name, device_id=pk),
                title=gettext_noop("%(device)s is silent while its neighbours speak"),
                severity=3,
                began_at=heard,
                sums={"last_heard_at": heard.isoformat(), "working_h": numbers["working_h"]},
            )
        )
    return [Outcome(rule, [*claims, *reported_claims()])]


def _heard_again(site_ids: set[int], at: datetime) -> dict[int, datetime]:
    """When each site was last not heard as a whole; now, while it is not."""
    if not site_ids:
        return {}
    spans = SiteSpan.objects.filter(site_id__in=site_ids, state__in=UNHEARD)
    ended = spans.values_list("site_id").annotate(last=Max(Coalesce("ended_at", at)))
    return dict(ended.order_by())


def working_hours(since: datetime, until: datetime, place: Place, numbers: Numbers) -> float:
    """The hours between two moments in which the site works, by its own clock; a week at most."""
    zone = ZoneInfo(place.time_zone)
    start, end = since.astimezone(zone), until.astimezone(zone)
    start = max(start, end - timedelta(days=7))
    hours = 0.0
    day = start.replace(hour=0, minute=0, second=0, microsecond=0)
    while day <= end:
        if day.weekday() < numbers["workdays"]:
            opens = day + timedelta(hours=numbers["opens"])
            closes = day + timedelta(hours=numbers["closes"])
            span = min(end, closes) - max(start, opens)
            hours += max(span.total_seconds(), 0) / 3600
        day += timedelta(days=1)
    return hours
