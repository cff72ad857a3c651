"""Readings of incidents, promises, controls and the register itself. Each is one or two queries."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Avg, Count, F, Q

from assets.models import Achievement
from incidents.models import ActionItem, ActionItemStatus, Incident, IncidentAsset, IncidentStatus
from risks.models import (
    Acceptance,
    Control,
    Effectiveness,
    Risk,
    RiskStatus,
    Treatment,
    TreatmentStatus,
)
from risks.selectors.appetite import appetites_in_force
from risks.selectors.matrix import scales_in_force

Measured = dict[int | None, float]
MONTH, QUARTER, YEAR = timedelta(days=30), timedelta(days=90), timedelta(days=365)


def incidents_month(at: datetime) -> Measured:
    """Real incidents of the last thirty days; by asset."""
    return _incidents(at - MONTH, Q())


def incidents_severe(at: datetime) -> Measured:
    """Real incidents of the two upper severities in ninety days; by asset."""
    return _incidents(at - QUARTER, Q(severity__lte=2))


def recovery_hours(at: datetime) -> Measured:
    """Mean hours until recovery, over ninety days; by asset. No recovery, no value."""
    over = _real(at - QUARTER).filter(recovered_at__isnull=False)
    mean = over.aggregate(mean=Avg(F("recovered_at") - F("started_at")))["mean"]
    hits = IncidentAsset.objects.filter(incident__in=over, recovered_at__isnull=False)
    rows = hits.values_list("asset").annotate(mean=Avg(F("recovered_at") - F("down_at"))).order_by()
    found: Measured = {asset: span.total_seconds() / 3600 for asset, span in rows}
    return found | ({None: mean.total_seconds() / 3600} if mean else {})


def targets_missed(at: datetime) -> Measured:
    """Objectives missed in a year by incidents, exercises and restore tests; by asset."""
    missed = Achievement.objects.filter(is_met=False, happened_at__gte=at - YEAR)
    rows = missed.values_list("asset").annotate(count=Count("pk")).order_by()
    found: Measured = dict(rows)
    return {None: sum(found.values()), **found}


def actions_overdue(at: datetime) -> Measured:
    """Promises of reviews that are past their date."""
    late = ActionItem.objects.filter(status=ActionItemStatus.OPEN, due_on__lt=at.date())
    return {None: late.count()}


def reviews_overdue(at: datetime) -> Measured:
    """Risks that should have been looked at."""
    return {None: Risk.objects.review_overdue(at.date()).count()}


def risks_unrated(at: datetime) -> Measured:
    """Risks nobody has judged by the matrix in force."""
    return {None: Risk.objects.in_force().unrated().count()}


def risks_untreated(at: datetime) -> Measured:
    """Risks above tolerance that are neither accepted nor being treated."""
    scales = scales_in_force()
    appetites = appetites_in_force()
    pks = [
        pk
        for pk, level, family, unit, category in Risk.objects.filter(status=RiskStatus.OPEN)
        .exclude(level="")
        .values_list("pk", "level", "matrix_family", "unit__code", "category__code")
        if not appetites.tolerates(scales.of(family), level, unit=unit or "", category=category)
    ]
    above = Risk.objects.filter(pk__in=pks)
    treated = Treatment.objects.filter(status=TreatmentStatus.PLANNED).values("risk")
    return {None: above.exclude(pk__in=treated).count()}


def treatments_overdue(at: datetime) -> Measured:
    """Treatments past their date."""
    planned = Treatment.objects.filter(status=TreatmentStatus.PLANNED, due_on__lt=at.date())
    return {None: planned.exclude(risk__status=RiskStatus.RETIRED).count()}


def controls_unproven(at: datetime) -> Measured:
    """Share of controls, in per cent, that are weak, or not tested within a year."""
    total = Control.objects.in_place().count()
    if not total:
        return {}
    old = Q(tested_on__lt=(at - YEAR).date()) | Q(tested_on=None)
    poor = Control.objects.in_place().filter(old | Q(effectiveness=Effectiveness.WEAK)).count()
    return {None: 100 * poor / total}


def acceptances_standing(at: datetime) -> Measured:
    """Risks that somebody lives with."""
    return {None: Acceptance.objects.standing().count()}


def _real(since: datetime) -> Any:
    found = Incident.objects.live().common().filter(started_at__gte=since)
    return found.exclude(status=IncidentStatus.MERGED)


def _incidents(since: datetime, which: Q) -> Measured:
    found = _real(since).filter(which)
    hits = IncidentAsset.objects.filter(incident__in=found)
    rows = hits.values_list("asset").annotate(count=Count("incident", distinct=True)).order_by()
    return {None: found.count(), **dict(rows)}
