"""Looking at the tripwires of every acceptance that stands."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_noop

from assets.models import Achievement, AchievementSource
from bcp_portal.audit.verbs import verb
from incidents.models import Incident, IncidentStatus, RunMode
from risks.models import (
    Acceptance,
    IndicatorStatus,
    Outcome,
    RiskEvidence,
    Tripwire,
    TripwireKind,
)
from risks.services.acceptance import end_acceptance

# Why an acceptance ended, as a sentence that each reader gets in the own language.
BECAUSE = {
    TripwireKind.INDICATOR: gettext_noop("an indicator is past its limit"),
    TripwireKind.INCIDENTS: gettext_noop("it has happened too often"),
    TripwireKind.EXERCISE: gettext_noop("an exercise has failed"),
}


def watch_tripwires(*, at: datetime) -> str:
    """End every acceptance whose tripwire was touched; run again and again."""
    standing = Acceptance.objects.standing()
    laid = list(
        Tripwire.objects.filter(acceptance__in=standing, sprung_at=None)
        .select_related("acceptance__risk", "indicator")
        .order_by("pk")
    )
    touched = [wire for wire in laid if _is_touched(wire)] if laid else []
    for wire in touched:
        spring(wire=wire, at=at)
    return f"{len(laid)} watched, {len(touched)} sprung"


@verb
def spring(*, wire: Tripwire, at: datetime) -> None:
    """Note what happened and open the risk again."""
    wire.sprung_at = at
    wire.save(update_fields=["sprung_at"])
    end_acceptance(wire.acceptance, BECAUSE[TripwireKind(wire.kind)], actor=None, at=at)


def _is_touched(wire: Tripwire) -> bool:
    since = wire.acceptance.accepted_at
    assert since is not None  # only standing acceptances are looked at
    if wire.kind == TripwireKind.INDICATOR:
        return wire.indicator is not None and wire.indicator.status == IndicatorStatus.ACT
    if wire.kind == TripwireKind.INCIDENTS:
        return len(incidents_of([wire.acceptance.risk_id], since=since)) >= (wire.count or 1)
    failed = Achievement.objects.filter(
        source_kind=AchievementSource.EXERCISE,
        is_met=False,
        recorded_at__gte=since,
        asset__risks=wire.acceptance.risk_id,
    )
    return failed.exists()


def incidents_of(risks: Iterable[int], *, since: datetime) -> set[tuple[int, Any]]:
    """Live incidents that touched these risks: those somebody linked and did not decline, and
    those that hit an asset that the risk names; as pairs of risk and incident."""
    named = list(risks)
    linked = RiskEvidence.objects.filter(
        Q(risk__in=named), ~Q(outcome=Outcome.DECLINED), incident__started_at__gte=since
    ).exclude(incident__mode=RunMode.EXERCISE)
    declined = set(
        RiskEvidence.objects.filter(risk__in=named, outcome=Outcome.DECLINED).values_list(
            "risk", "incident"
        )
    )
    hit = (
        Incident.objects.common()
        .filter(started_at__gte=since, assets__asset__risks__in=named)
        .exclude(mode=RunMode.EXERCISE)
        .exclude(status=IncidentStatus.MERGED)
        .values_list("assets__asset__risks", "pk")
    )
    found = {(risk, incident) for risk, incident in hit if risk in set(named)}
    return (found | set(linked.values_list("risk", "incident"))) - declined
