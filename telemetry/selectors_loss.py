"""Read models of lost and damaged devices: what to choose from, and one report."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from telemetry.models import Device, DeviceLoss, LossNotice

MOST = 60


@dataclass(frozen=True)
class Choice:
    """The devices a person may report, by name and site."""

    devices: list[Device]
    words: str
    has_more: bool


@dataclass(frozen=True)
class LossPage:
    """One report with everybody who is told."""

    loss: DeviceLoss
    due_hours: str
    worked: str
    over: str
    notices: list[LossNotice]
    settled_at: datetime | None


def devices_to_choose(mine: "QuerySet[Device]", *, words: str, site: str) -> Choice:
    """The first of them that fit, in one query."""
    rows = mine.order_by("site__code", "name")
    if site:
        rows = rows.filter(site__code=site)
    if words:
        rows = rows.filter(
            Q(name__icontains=words)
            | Q(site__code__icontains=words)
            | Q(site__name__icontains=words)
        )
    found = list(rows[: MOST + 1])
    return Choice(found[:MOST], words, len(found) > MOST)


def loss_page(loss: DeviceLoss) -> LossPage:
    """One report and its notices, in one query more."""
    notices = loss.notices.select_related("person").order_by("office", "person__username")
    return LossPage(
        loss,
        f"{_hour(loss.opens)}–{_hour(loss.closes)}",
        _span(loss.worked_h),
        _span(max(loss.worked_h - loss.limit_h, 0.0)),
        list(notices),
        loss.settled_at,
    )


def _hour(number: float) -> str:
    return f"{int(number):02d}:{round(number % 1 * 60):02d}"


def _span(hours: float) -> str:
    minutes = round(hours * 60)
    return f"{minutes // 60} h {minutes % 60:02d} min"
