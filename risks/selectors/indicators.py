"""What the pages of indicators show."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from assets.models import Asset
from assets.selectors.history import HistoryEntry, history_of
from bcp_portal.accounts.models import User
from risks.drawing import line_chart
from risks.indicators.readings import READINGS
from risks.models import Indicator, IndicatorStatus, IndicatorValue, Risk

POINTS = 40
SHOWN = 100
CHARTED = 400


@dataclass(frozen=True)
class IndicatorLine:
    """One indicator as a row shows it: an old value says nothing, and shows it."""

    indicator: Indicator
    shown: str
    tone: str
    word: str
    is_stale: bool
    numbers: list[float | None]

    def __str__(self) -> str:
        return self.word


@dataclass(frozen=True)
class IndicatorPage:
    """What the page of one indicator shows."""

    line: IndicatorLine
    source: str
    watch: str
    act: str
    chart: SafeString
    values: list[IndicatorValue]
    asset: Asset | None
    risks: list[Risk]
    history: list[HistoryEntry]


def indicator_lines(indicators: Iterable[Indicator], *, at: datetime) -> list[IndicatorLine]:
    """Lines with their sparklines; one query for all of them."""
    rows = list(indicators)
    numbers: dict[int, list[float | None]] = defaultdict(list)
    newest = IndicatorValue.objects.filter(indicator__in=rows).order_by("-measured_at")
    for pk, value in newest.values_list("indicator", "value")[: POINTS * max(1, len(rows)) * 2]:
        if len(numbers[pk]) < POINTS:
            numbers[pk].append(value)
    return [_line(one, numbers[one.pk][::-1], at) for one in rows]


def _line(one: Indicator, numbers: list[float | None], at: datetime) -> IndicatorLine:
    stale = one.is_stale(at)
    unknown = stale or one.status == IndicatorStatus.UNKNOWN
    word = _("Too old") if stale and one.measured_at else one.get_status_display()
    return IndicatorLine(
        indicator=one,
        shown=amount(one.value, one.unit),
        tone="unknown" if unknown else one.status,
        word=str(word),
        is_stale=stale,
        numbers=numbers,
    )


def amount(value: float | None, unit: str) -> str:
    """A value with its unit, as people write it; unknown is said, not shown as zero."""
    if value is None:
        return _("unknown")
    digits = 0 if float(value).is_integer() else 1
    return f"{number_format(value, digits)} {unit}".strip()


def indicator_page(indicator: Indicator, *, user: User, at: datetime) -> IndicatorPage:
    """Gather the page of one indicator in a fixed number of queries."""
    values = list(indicator.values.select_related("recorded_by").order_by("-measured_at")[:CHARTED])
    numbers = [one.value for one in values[:POINTS]][::-1]
    reading = READINGS.get(indicator.reading)
    source = _("Typed by people")
    if reading is not None:
        source = _("Read every minute: %s") % reading.label
    return IndicatorPage(
        line=_line(indicator, numbers, at),
        source=source,
        watch=amount(indicator.watch_at, indicator.unit),
        act=amount(indicator.act_at, indicator.unit),
        chart=line_chart(
            [(one.measured_at, one.value) for one in reversed(values)],
            lines=[
                (indicator.watch_at, "watch", _("Watch from")),
                (indicator.act_at, "act", _("Act from")),
            ],
            label=_("Values of %s") % indicator.title,
        ),
        values=values[:SHOWN],
        asset=Asset.objects.visible_to(user).filter(pk=indicator.asset_id).first()
        if indicator.asset_id
        else None,
        risks=list(
            Risk.objects.visible_to(user).filter(indicators=indicator).in_force().order_by("code")
        ),
        history=history_of(indicator),
    )
