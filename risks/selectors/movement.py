"""What happened to each risk, counted for all of them at once; and how well the bands hold."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min, Q

from bcp_portal.accounts.models import User
from incidents.models import IncidentAsset, IncidentStatus, RunMode
from risks.models import STANDARD, LikelihoodProposal, Outcome, Risk, RiskEvidence
from risks.rates import Posterior, middle_of
from risks.scoring import Scale
from risks.selectors.matrix import family_names, language, scales_in_force

YEAR = timedelta(days=365.25)
# With less time behind it a count says nothing yet.
LEAST = timedelta(days=90)
PLACE = ("matrix_family", "residual__likelihood")


@dataclass(frozen=True)
class RiskCount:
    """How often a risk came true, over how long."""

    risk_id: int
    family: str
    step: int
    events: int
    years: float


@dataclass(frozen=True)
class BandLine:
    """What a band claims against what was seen."""

    label: str
    means: str
    risks: int
    years: float
    expected: float
    seen: int
    low: float
    high: float
    verdict: str
    tone: str


def counts_of_risks(*, at: datetime, back: timedelta, user: User | None = None) -> list[RiskCount]:
    """Each judged risk in force with its events; five queries however many risks there are.

    What waits to be judged again by another matrix has no band to be held against.
    """
    risks = Risk.objects.in_force().filter(residual__isnull=False, reassess_since=None)
    if user is not None:
        risks = risks.filter(pk__in=Risk.objects.visible_to(user).values("pk"))
    rows = list(risks.values_list("pk", *PLACE, "created_at"))
    events = events_by_risk([row[0] for row in rows], since=at - back)
    begun = _history_begins(at)
    counted = []
    for pk, family, step, created_at in rows:
        span = at - max(at - back, min(created_at, begun))
        if span >= LEAST:
            counted.append(RiskCount(pk, family, step, events[pk], span / YEAR))
    return counted


def _history_begins(at: datetime) -> datetime:
    """Since when incidents are on record at all."""
    first = IncidentAsset.objects.aggregate(first=Min("incident__started_at"))["first"]
    return first or at


def events_by_risk(risks: list[int], *, since: datetime) -> Counter[int]:
    """Real incidents that touched each risk: linked and not declined, or on an asset it names."""
    evidence = RiskEvidence.objects.filter(risk__in=risks)
    declined = set(
        evidence.filter(outcome=Outcome.DECLINED).values_list("risk", "incident").distinct()
    )
    real = Q(incident__mode=RunMode.LIVE, incident__started_at__gte=since) & ~Q(
        incident__status=IncidentStatus.MERGED
    )
    named = Risk.assets.through.objects.filter(risk__in=risks).values_list("asset", "risk")
    of_asset: dict[int, list[int]] = {}
    for asset, risk in named:
        of_asset.setdefault(asset, []).append(risk)
    hits = IncidentAsset.objects.filter(real, asset__in=list(of_asset))
    pairs = {
        (risk, incident)
        for asset, incident in hits.values_list("asset", "incident")
        for risk in of_asset[asset]
    }
    weighed = evidence.filter(real, outcome=Outcome.ACCEPTED).values_list("risk", "incident")
    pairs |= set(weighed)
    return Counter(risk for risk, _incident in pairs - declined)


def calibration(*, user: User, at: datetime, back: timedelta) -> list[BandLine]:
    """How often what each band claims came true."""
    counts = counts_of_risks(at=at, back=back, user=user)
    scales = scales_in_force()
    families = [pair for pair in family_names() if any(one.family == pair[0] for one in counts)]
    return [
        line
        for family, name in families or [(STANDARD, "")]
        for line in _bands(
            [one for one in counts if one.family == family],
            scales.of(family),
            prefix=f"{name}: " if len(families) > 1 else "",
        )
    ]


def _bands(counts: list[RiskCount], scale: Scale, *, prefix: str) -> list[BandLine]:
    edges = scale.rate_edges()
    lines = []
    for step in scale.likelihoods:
        here = [one for one in counts if one.step == step.value]
        years, seen = sum(one.years for one in here), sum(one.events for one in here)
        belief = Posterior(seen + 0.5, max(years, 0.01))
        low, high = belief.quantile(0.05), belief.quantile(0.95)
        verdict, tone = _verdict(step.value, low, high, edges) if here else ("none", "unknown")
        lines.append(
            BandLine(
                label=f"{prefix}{step.value} {step.label(language())}",
                means=step.means(language()),
                risks=len(here),
                years=years,
                expected=years * middle_of(step.value, edges),
                seen=seen,
                low=low,
                high=high,
                verdict=verdict,
                tone=tone,
            )
        )
    return lines


def _verdict(step: int, low: float, high: float, edges: tuple[float, ...]) -> tuple[str, str]:
    ends = (0.0, *edges, float("inf"))
    if low > ends[step]:
        return "too_low", "watch"
    if high < ends[step - 1]:
        return "too_high", "info"
    return "holds", "ok"


def weighed_counts(user: User) -> dict[str, int]:
    """How many proposals were accepted, declined, or wait."""
    outcomes = LikelihoodProposal.objects.visible_to(user).values_list("outcome", flat=True)
    return dict(Counter(outcomes))
