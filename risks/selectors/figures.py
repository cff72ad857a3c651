"""What the pages of losses show: one risk, all of them, and what continuity was worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.db.models import Q, Sum
from django.db.models.functions import ExtractHour
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from assets.models import Site
from bcp_portal.accounts.models import User
from bcp_portal.shared.hashing import canonical_json, sha256_hex
from incidents.models import Incident, IncidentStatus
from risks.drawing import curve_chart
from risks.models import (
    ContinuityWorth,
    LossEstimate,
    LossTolerance,
    Risk,
    RiskControl,
)
from risks.quantify import Bet, Curve, exceedance, simulate_all, without
from telemetry.models import QuarantinedItem, Signal, SignalRule, SyncOutcome, SyncSession

YEAR = timedelta(days=365)
SHOWN_YEARS = 50_000
GIGABYTE = 1e9
KEPT_S = 3600
# Years rarer than this would press the rest of the curve against the left.
RAREST = 0.005
CHANCES = (0.0, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
SILENCE = (SignalRule.SITE_SILENT, SignalRule.NETWORK_OUTAGE)


@dataclass(frozen=True)
class ControlWorth:
    """What a control saves in an average year, against what it costs."""

    code: str
    name: str
    saves: float
    cost: float | None
    net: float | None


@dataclass(frozen=True)
class LossLine:
    """One risk with its estimate."""

    risk: Risk
    estimate: LossEstimate
    bet: Bet


@dataclass(frozen=True)
class LossPage:
    """A loss exceedance curve with what it is made of."""

    lines: list[LossLine]
    curve: Curve | None
    chart: SafeString | str
    tolerance: LossTolerance | None
    breaches: list[tuple[float, float, float]]
    controls: list[ControlWorth]
    without_estimate: int
    years: int


def bet_of(code: str, one: LossEstimate) -> Bet:
    """An estimate as the arithmetic takes it."""
    return Bet(
        name=code,
        rate_low=one.rate_low,
        rate_high=one.rate_high,
        loss_low=one.loss_low,
        loss_high=one.loss_high,
        loss_likely=one.loss_likely or 0.0,
        shape="pert" if one.shape == "pert" else "lognormal",
    )


def loss_page(user: User, *, risk: Risk | None = None) -> LossPage:
    """Simulate one risk, or all that this person may see."""
    risks = Risk.objects.visible_to(user).in_force()
    if risk is not None:
        risks = risks.filter(pk=risk.pk)
    newest: dict[int, LossEstimate] = {}
    found = LossEstimate.objects.filter(risk__in=risks).order_by("made_at", "pk")
    for one in found.select_related("risk", "made_by"):
        newest[one.risk_id] = one
    lines = [LossLine(one.risk, one, bet_of(one.risk.code, one)) for one in newest.values()]
    lines.sort(key=lambda line: -line.bet.yearly)
    curve = _curve([line.bet for line in lines]) if lines else None
    tolerance = LossTolerance.objects.order_by("-set_at", "-pk").first()
    points = tolerance.points if tolerance and risk is None else []
    return LossPage(
        lines=lines,
        curve=curve,
        chart=_chart(curve, points) if curve else "",
        tolerance=tolerance if risk is None else None,
        breaches=[
            (loss, chance, curve.chance_above(loss))
            for loss, chance in points
            if curve and curve.chance_above(loss) > chance
        ],
        controls=_controls(lines),
        without_estimate=risks.count() - len(lines),
        years=SHOWN_YEARS,
    )


def _curve(bets: Sequence[Bet]) -> Curve:
    """The curve of these estimates; the seed is fixed, so it can be kept by what goes in."""
    key = "loss:" + sha256_hex(canonical_json([[SHOWN_YEARS, *vars(bet).values()] for bet in bets]))
    kept = cache.get(key)
    if isinstance(kept, Curve):
        return kept
    curve = exceedance(simulate_all(bets, years=SHOWN_YEARS))
    cache.set(key, curve, KEPT_S)
    return curve


def _chart(curve: Curve, tolerance: Sequence[Sequence[float]]) -> SafeString:
    shown = [point for point in curve.points if point[1] >= RAREST] or curve.points
    top = max(loss for loss, _chance in (*shown, *tolerance)) or 1.0
    curves = [("tone-info", _("Chance of losing more in a year"), shown)]
    if tolerance:
        line = [(float(loss), float(chance)) for loss, chance in tolerance]
        curves.append(("tone-act plot-dashed", _("What is tolerated"), line))
    return curve_chart(
        curves,
        label=_("Loss exceedance: how likely a year is to cost more than so much"),
        across_words=[(top * part / 4, short_money(top * part / 4)) for part in range(5)],
        up_words=[(chance, f"{chance:.0%}") for chance in CHANCES],
    )


def short_money(value: float) -> str:
    """An amount at a glance."""
    for size, word in ((1e12, _("T")), (1e9, _("bn")), (1e6, _("m")), (1e3, _("k"))):
        if abs(value) >= size:
            return f"{number_format(value / size, 1)} {word}"
    return number_format(value, 0)


def _controls(lines: Sequence[LossLine]) -> list[ControlWorth]:
    bets = {line.risk.pk: line.bet for line in lines}
    saved: dict[int, float] = {}
    controls = {}
    links = RiskControl.objects.filter(
        Q(cuts_rate__gt=0) | Q(cuts_loss__gt=0), risk__in=list(bets), control__withdrawn_on=None
    )
    for link in links.select_related("control").order_by("control__code"):
        bet = bets[link.risk_id]
        bare = without(bet, cut_frequency=link.cuts_rate / 100, cut_loss=link.cuts_loss / 100)
        controls[link.control_id] = link.control
        saved[link.control_id] = saved.get(link.control_id, 0.0) + bare.yearly - bet.yearly
    worth = [
        ControlWorth(
            one.code,
            one.name,
            saved[pk],
            one.yearly_cost,
            None if one.yearly_cost is None else saved[pk] - one.yearly_cost,
        )
        for pk, one in controls.items()
    ]
    return sorted(worth, key=lambda one: -one.saves)


@dataclass(frozen=True)
class WorthLine:
    """Something measured, and what it is worth by the figures that people gave."""

    label: str
    measured: str
    sum_words: str
    value: float | None


@dataclass(frozen=True)
class WorthPage:
    """What continuity was worth over the last year."""

    worth: ContinuityWorth | None
    lines: list[WorthLine]
    total: float
    net: float
    ratio: float | None
    scheduled_bytes: int


def worth_page(*, at: datetime) -> WorthPage:
    """Measure a year, and value it; without figures there is nothing to claim."""
    since = at - YEAR
    worth = ContinuityWorth.objects.order_by("-set_at", "-pk").first()
    dark = _dark_hours(since, at)
    gained, outages = _gained_hours(since, worth.hours_before if worth else 0.0)
    errors = _errors(since)
    lines: list[WorthLine] = []
    if worth is not None:
        hour, share = worth.hour_of_downtime, worth.share_offline / 100
        lines = [
            _line(_("Work done while offline"), _("%s site hours") % number_format(dark, 1),
                  f"× {worth.share_offline:g} % × {short_money(hour)}", dark * share * hour),
            _line(_("Recovery time gained"),
                  _("%(hours)s hours in %(n)d outages")
                  % {"hours": number_format(gained, 1), "n": outages},
                  f"× {short_money(hour)}", gained * hour),
            _line(_("Errors prevented"), number_format(errors, 0),
                  f"× {short_money(worth.error_cost)}", errors * worth.error_cost),
            _bandwidth(worth, since),
        ]  # fmt: skip
    total = sum(line.value or 0.0 for line in lines)
    cost = worth.yearly_cost if worth else 0.0
    scheduled = SyncSession.objects.filter(started_at__gte=since, trigger="schedule")
    return WorthPage(
        worth=worth,
        lines=lines,
        total=total,
        net=total - cost,
        ratio=(total - cost) / cost if cost else None,
        scheduled_bytes=scheduled.aggregate(total=Sum("bytes_out"))["total"] or 0,
    )


def _line(label: str, measured: str, sum_words: str, value: float | None) -> WorthLine:
    return WorthLine(label, measured, sum_words, value)


def _bandwidth(worth: ContinuityWorth, since: datetime) -> WorthLine:
    """What scheduled sync kept off a busy line; unknown until somebody says when that is."""
    label, cost = _("Bandwidth saved by scheduled sync"), worth.gigabyte_cost
    if worth.busy_from is None or worth.busy_until is None:
        return _line(label, _("Nobody has said which hours are busy."), "–", None)
    moved = quiet_bytes(since, busy=(worth.busy_from, worth.busy_until)) / GIGABYTE
    measured = _("%(moved)s GB outside %(start)02d:00–%(end)02d:00") % {
        "moved": number_format(moved, 3), "start": worth.busy_from, "end": worth.busy_until,
    }  # fmt: skip
    if cost is None:
        return _line(label, measured, _("× nobody has said"), None)
    return _line(label, measured, f"× {short_money(cost)}", moved * cost)


def quiet_bytes(since: datetime, *, busy: tuple[int, int]) -> int:
    """Bytes of scheduled sync that began outside the busy hours of its site's own day."""
    scheduled = SyncSession.objects.filter(
        started_at__gte=since, trigger="schedule", outcome__in=[SyncOutcome.OK, SyncOutcome.PARTIAL]
    )
    zones = Site.objects.order_by("time_zone").values_list("time_zone", flat=True).distinct()
    total = 0
    for zone in zones:
        found = (
            scheduled.filter(device__site__time_zone=zone)
            .annotate(hour=ExtractHour("started_at", tzinfo=ZoneInfo(zone)))
            .exclude(hour__gte=busy[0], hour__lt=busy[1])
            .aggregate(out=Sum("bytes_out"), back=Sum("bytes_in"))
        )
        total += (found["out"] or 0) + (found["back"] or 0)
    return total


def _dark_hours(since: datetime, at: datetime) -> float:
    """Hours of sites without a link, over all of them; alarms tell from when to when."""
    rows = Signal.objects.filter(
        Q(closed_at=None) | Q(closed_at__gte=since), rule__in=SILENCE, is_exercise=False
    )
    hours = 0.0
    for began, closed, site, sites in rows.values_list("began_at", "closed_at", "site", "site_ids"):
        span = (min(closed or at, at) - max(began, since)).total_seconds()
        hours += max(0.0, span) / 3600 * (len(sites) or bool(site))
    return hours


def _gained_hours(since: datetime, before: float) -> tuple[float, int]:
    over = (
        Incident.objects.live().common().filter(started_at__gte=since, recovered_at__isnull=False)
    )
    spans = [
        (end - start).total_seconds() / 3600 if end else before
        for start, end in over.exclude(status=IncidentStatus.MERGED).values_list(
            "started_at", "recovered_at"
        )
    ]
    # An outage that took longer than before counts against us.
    return sum(before - span for span in spans), len(spans)


def _errors(since: datetime) -> int:
    """Input that was refused, and checksums that did not agree, before they did harm."""
    refused = QuarantinedItem.objects.filter(received_at__gte=since).count()
    return refused + SyncSession.objects.filter(started_at__gte=since, is_mismatch=True).count()
