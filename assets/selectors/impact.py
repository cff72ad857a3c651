"""What the business said about an outage, derived and drawn."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from assets.curve import impact_curve
from assets.impact import Bearing, Source, first_intolerable, tier
from assets.models import Asset, ImpactAnalysis, ImpactCategory, ImpactLevel
from bcp_portal.shared.money import money_words

Spans = Mapping[str, timedelta | None]


@dataclass(frozen=True)
class ImpactView:
    """The answers of one analysis, and what follows from them."""

    analysis: ImpactAnalysis
    bears: timedelta | None
    why: str
    tier: int | None
    loss: str
    bearable: str
    answered: list[str]
    open: list[str]


def impact_view(asset: Asset) -> ImpactView | None:
    """Read an analysis with its points. Two queries; None if nobody has answered."""
    analysis = (
        ImpactAnalysis.objects.filter(asset=asset)
        .select_related("answered_by")
        .prefetch_related("points")
        .first()
    )
    if analysis is None:
        return None
    points = points_of(analysis)
    bearing = first_intolerable(
        points,
        loss_per_hour=analysis.loss_per_hour,
        bearable_loss=analysis.bearable_loss,
        longest_delay=analysis.longest_delay,
    )
    asked = {one.value: str(one.label) for one in ImpactCategory} | {"money": _("Money")}
    said = set(points) | ({"money"} if analysis.loss_per_hour is not None else set())
    return ImpactView(
        analysis=analysis,
        bears=bearing.after if bearing else None,
        why=_why(bearing),
        tier=tier(bearing.after if bearing else None),
        loss=money_of(analysis.loss_per_hour, analysis.currency),
        bearable=money_of(analysis.bearable_loss, analysis.currency),
        answered=[label for name, label in asked.items() if name in said],
        open=[label for name, label in asked.items() if name not in said],
    )


def points_of(analysis: ImpactAnalysis) -> dict[str, dict[timedelta, int]]:
    """The answers by category and moment."""
    points: dict[str, dict[timedelta, int]] = {}
    for point in analysis.points.all():
        points.setdefault(point.category, {})[point.after] = point.level
    return points


def drawn(view: ImpactView | None, spans: Spans) -> SafeString | None:
    """The curve with the objectives on it."""
    if view is None:
        return None
    points = points_of(view.analysis)
    rto, wrt, mtpd = spans.get("rto"), spans.get("wrt"), spans.get("mtpd")
    back = None if rto is None or wrt is None else rto + wrt
    marks = [
        (name, moment, kind)
        for name, moment, kind in (
            ("RTO", rto, "rto"),
            ("RTO + WRT", back if wrt else None, "wrt"),
            ("MTPD", mtpd, "mtpd"),
            (_("intolerable"), view.bears if view.bears != mtpd else None, "bears"),
        )
        if moment is not None
    ]
    lines = {
        one.value: (str(one.label), sorted(points[one.value].items()))
        for one in ImpactCategory
        if one.value in points
    }
    return impact_curve(lines, [str(level.label) for level in ImpactLevel], marks)


def money_of(amount: object, currency: str) -> str:
    """An amount in its currency; nothing said is nothing."""
    return "" if amount is None else money_words(round(float(str(amount)) * 100), currency)


def _why(bearing: Bearing | None) -> str:
    if bearing is None:
        return ""
    if bearing.source is Source.MONEY:
        return _("the loss is no longer tolerable")
    if bearing.source is Source.DELAY:
        return _("orders may not wait longer")
    return str(ImpactCategory(bearing.category).label)
