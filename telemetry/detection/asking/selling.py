"""Rule 9: a reachable site that forgot to synchronise, and stock that is promised twice."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_noop

from telemetry.detection.asking.tallies import two_digits
from telemetry.detection.board import Board, Subject, claim_about, moment, suspects
from telemetry.detection.money import value_sums
from telemetry.detection.outcome import Outcome
from telemetry.detection.tuning import Numbers
from telemetry.models import NodeState, SignalRule, Stream, StreamState
from telemetry.services.signal import Claim

CODE = SignalRule.FORGOTTEN_SYNC
# Let go of a promise when it is a twentieth below what raised it.
CLEAR = 0.95
# A pace is measured over this long at least: one sale a second before a sample is no run.
PACE_OVER_S = 300.0


def forgotten_syncs(board: Board) -> list[Outcome]:
    """Online, nothing failing, something waiting, and yet no sync in the agreed time."""
    rows = (
        StreamState.objects.filter(
            _late(board),
            pending_records__gt=0,
            consecutive_failures=0,
            device__state__node_state=NodeState.ONLINE,
            device__revoked_at=None,
        )
        .values_list(
            "stream_id", "stream__site_id", "device_id", "stream__name", "stream__asset_id",
            "stream__rpo", "stream__expected_every", "last_sync_ok_at", "oldest_pending_at",
            "pending_value_minor", "currency",
        )
    )  # fmt: skip
    claims = []
    for place, numbers, row in suspects(board, CODE, rows):
        pk, _site, device, stream, asset, rpo, every, ok_at, oldest, value, currency = row
        within = agreed(rpo, every, numbers)
        since = ok_at or oldest
        if place.pk in board.in_window or within is None or since is None:
            continue
        if board.at - max(since, oldest or since) <= within:
            continue
        claims.append(
            claim_about(
                board,
                CODE,
                Subject(place, stream, device, pk, asset, is_stream=True),
                title=gettext_noop("%(site)s is reachable but has not synchronised %(stream)s"),
                severity=3,
                began_at=since + within,
                sums={
                    "last_sync_at": since.isoformat(),
                    "within_s": within.total_seconds(),
                    **value_sums(value, currency),
                },
            )
        )
    return [Outcome(CODE, claims)]


def agreed(rpo: timedelta | None, every: timedelta | None, numbers: Numbers) -> timedelta | None:
    """How long a sync may take to come: so many times the agreed interval, or else the RPO."""
    return every * numbers["late_factor"] if every else rpo


def _late(board: Board) -> Q:
    """Rows that may be late: one comparison with a constant for each kind of stream."""
    factor = board.tuning.spread(CODE, "late_factor")[0]
    late = Q(pk__in=[])
    kinds = Stream.objects.order_by().values_list("rpo", "expected_every").distinct()
    for rpo, every in kinds:
        within = every * factor if every else rpo
        if within is not None:
            late |= Q(
                stream__rpo=rpo,
                stream__expected_every=every,
                oldest_pending_at__lt=board.at - within,
            )
    return late


@dataclass
class Article:
    """One article: what the centre has and has given away, and what sites may still sell."""

    centre: int = 0
    physical: int = 0
    sellable: int = 0
    outstanding: int = 0
    # What sites have sold that nobody knows of, by the larger cause that keeps them from telling.
    unseen: Counter[str] = field(default_factory=Counter)

    @property
    def projected(self) -> int:
        """What all sites have sold that nobody knows of."""
        return self.unseen.total()

    @property
    def cause(self) -> str:
        """The larger cause that explains most of it; empty: none does."""
        parent, sold = max(self.unseen.items(), key=lambda item: item[1], default=("", 0))
        return parent if sold * 2 > self.projected else ""


def overselling(board: Board) -> list[Outcome]:
    """Quotas that are out plus what the centre still sells, held against what there is.

    A site's lease names its quota and what it has sold of it. The centre's own device tells, in
    the same words, what there is (`granted`) and what is sold or reserved (`used`).
    """
    rule = SignalRule.OVERSELLING
    claims: list[Claim] = []
    still: set[str] = set()
    for sku, article in read_articles(board).items():
        found = board.at_place(CODE, article.centre)
        if found is None or article.physical <= 0:
            continue
        place, numbers = found
        promised = (article.outstanding + article.sellable) / article.physical
        drained = article.projected / max(article.sellable, 1)
        worst = max(promised / max(numbers["oversell_share"], 0.01), drained)
        subject = Subject(place, sku)
        if worst > CLEAR:
            still.add(subject.key)
        if worst > 1:
            claims.append(_oversold(board, subject, article))
    return [Outcome(rule, claims, keep=still.__contains__)]


def _oversold(board: Board, subject: Subject, article: Article) -> Claim:
    claim = claim_about(
        board,
        SignalRule.OVERSELLING,
        subject,
        title=gettext_noop("More of %(stream)s may be sold than there is"),
        severity=2,
        began_at=board.at,
        sums={
            "sku": subject.name,
            "outstanding": two_digits(article.outstanding),
            "sellable": two_digits(article.sellable),
            "physical": article.physical,
            "projected": two_digits(article.projected),
        },
    )
    # Sold in the dark by the sites of an outage, it is a part of that outage.
    return replace(claim, parent_key=claim.parent_key or article.cause)


def read_articles(board: Board) -> Mapping[str, Article]:
    """Sum the leases of all sites by article."""
    rows = StreamState.objects.exclude(leases=[]).values_list(
        "stream__site_id", "stream__site__kind", "leases", "pending_records",
        "oldest_pending_at", "sampled_at",
    )  # fmt: skip
    articles: defaultdict[str, Article] = defaultdict(Article)
    for site_id, kind, leases, pending, oldest, sampled_at in rows:
        for lease in leases:
            article = articles[str(lease.get("sku"))]
            granted, used = int(lease.get("granted", 0)), int(lease.get("used", 0))
            if kind == "data_centre":
                article.centre, article.physical = site_id, article.physical + granted
                article.sellable += max(granted - used, 0)
            elif not _is_over(lease, board.at):
                article.outstanding += max(granted - used, 0)
                if pending:
                    sold = projected(granted, used, oldest, sampled_at, board.at)
                    article.unseen[board.parents.get(site_id, "")] += sold
    return articles


def _is_over(lease: Mapping[str, Any], at: datetime) -> bool:
    expires_at = moment(lease.get("expires_at"))
    return expires_at is not None and expires_at <= at


def projected(
    granted: int, used: int, oldest: datetime | None, sampled_at: datetime, at: datetime
) -> int:
    """What a site has sold that nobody knows of, at its pace until now; its quota is the cap."""
    if oldest is None or sampled_at <= oldest:
        return used
    pace = used / max((sampled_at - oldest).total_seconds(), PACE_OVER_S)
    return min(granted, round(used + pace * max((at - sampled_at).total_seconds(), 0.0)))
