"""Rule 22: a sync by hand that nobody ordered, or the conflict log tried without the right."""

from datetime import timedelta

from django.db.models import Count, Max, Sum
from django.utils.translation import gettext_noop

from bcp_portal.audit.models import AuditRow
from telemetry.detection.asking.tallies import SiteSubject
from telemetry.detection.board import Board, claim_about
from telemetry.detection.outcome import Outcome
from telemetry.models import SignalRule, SyncDay
from telemetry.services.signal import Claim

CODE = SignalRule.UNAUTHORISED_ACTION
DAY = timedelta(hours=24)
# What the middleware writes when somebody without the right knocks at a door of the conflict log.
REFUSED = "access.refused"
GUARDED = "conflict"


def unauthorised(board: Board) -> list[Outcome]:
    """One claim a site for syncs by hand, one a person for the conflict log; over after a day."""
    return [Outcome(CODE, [*_by_hand(board), *_refused(board)])]


def _by_hand(board: Board) -> list[Claim]:
    rows = (
        SyncDay.objects.filter(
            by_hand__gt=0, day__gte=(board.at - DAY).date(), device__revoked_at=None
        )
        .values("device__site")
        .annotate(all=Sum("by_hand"))
        .values_list("device__site", "all")
    )
    claims = []
    for site_id, count in rows:
        found = board.at_place(CODE, site_id)
        if found is None or count < found[1]["manual_syncs"]:
            continue
        claims.append(
            claim_about(
                board,
                CODE,
                SiteSubject(found[0], found[0].name),
                title=gettext_noop("Somebody at %(site)s synchronised by hand without an order"),
                severity=4,
                began_at=board.at,
                sums={"by_hand": count},
            )
        )
    return claims


def _refused(board: Board) -> list[Claim]:
    if not board.tuning.of(CODE).is_on:
        return []
    rows = (
        AuditRow.objects.filter(action=REFUSED, at__gte=board.at - DAY, reason__contains=GUARDED)
        .values("actor_id", "actor_name")
        .annotate(times=Count("seq"), last_at=Max("at"))
        .values_list("actor_id", "actor_name", "times", "last_at")
    )
    return [
        Claim(
            rule=CODE,
            key=f"user:{actor_id}",
            severity=3,
            title=gettext_noop("%(name)s tried the conflict log without the right"),
            params={"name": name},
            sums={"refused": times},
            began_at=last_at,
        )
        for actor_id, name, times, last_at in rows
    ]
