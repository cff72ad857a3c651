"""What the status page says: components, what is going on, and what is over."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Prefetch, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bcp_portal.accounts.models import User
from incidents.models import (
    ONGOING,
    Audience,
    Incident,
    IncidentAsset,
    IncidentStatus,
    RunMode,
    StatusComponent,
    StatusUpdate,
)

PAST = timedelta(days=14)
MOST = 30
WORDS: dict[str, str | Promise] = {
    IncidentStatus.DECLARED: gettext_lazy("We are looking into it"),
    IncidentStatus.RESPONDING: gettext_lazy("We are working on it"),
    IncidentStatus.CONTAINED: gettext_lazy("It no longer spreads"),
    IncidentStatus.RECOVERED: gettext_lazy("It works again"),
    IncidentStatus.CLOSED: gettext_lazy("It works again"),
    IncidentStatus.FALSE_ALARM: gettext_lazy("It was a false alarm"),
    IncidentStatus.MERGED: gettext_lazy("Part of another disturbance"),
}


@dataclass(frozen=True)
class ComponentLine:
    """One service and whether it works."""

    name: str
    state: str
    label: str


@dataclass(frozen=True)
class Said:
    """One update as it was said."""

    at: datetime
    audience: str
    text: str


@dataclass(frozen=True)
class Disturbance:
    """One incident in words for the outside."""

    reference: str
    headline: str
    stands: str
    is_over: bool
    began_at: datetime
    next_at: datetime | None
    is_late: bool
    said: list[Said]


@dataclass(frozen=True)
class StatusPage:
    """Everything the page shows at a moment."""

    at: datetime
    is_inside: bool
    overall: str
    overall_label: str
    components: list[ComponentLine]
    current: list[Disturbance]
    past: list[Disturbance]


def public_status(*, at: datetime) -> StatusPage:
    """What everybody may know: only what was said to the public."""
    told = Incident.objects.filter(updates__audience=Audience.PUBLIC)
    return _page(told, (Audience.PUBLIC,), at=at, is_inside=False)


def inside_status(user: User, *, at: datetime) -> StatusPage:
    """What people of the house may know: what was said to users, partners and staff too."""
    outside = (Audience.USERS, Audience.PARTNERS, Audience.STAFF, Audience.PUBLIC)
    return _page(Incident.objects.visible_to(user), outside, at=at, is_inside=True)


def _page(
    incidents: "QuerySet[Incident]", audiences: tuple[str, ...], *, at: datetime, is_inside: bool
) -> StatusPage:
    said = StatusUpdate.objects.filter(audience__in=audiences).order_by("-published_at", "-pk")
    real = (
        incidents.filter(mode=RunMode.LIVE)
        # However long it goes on, an open one is never forgotten.
        .filter(Q(status__in=ONGOING) | Q(declared_at__gte=at - 4 * PAST))
        .distinct()
        .order_by("-started_at", "-pk")
        .prefetch_related(
            Prefetch("updates", said, to_attr="said_here"),
            Prefetch("assets", IncidentAsset.objects.select_related("asset")),
        )
    )
    rows = list(real[:MOST])
    shown = StatusComponent.objects.shown()
    components = list(shown if is_inside else shown.filter(is_public=True))
    ongoing = [row for row in rows if row.is_ongoing]
    lines = _components(components, ongoing)
    told = [_disturbance(row, components, at=at) for row in rows]
    current = [one for one in told if not one.is_over and (one.said or is_inside)]
    past = [
        one
        for one, row in zip(told, rows, strict=True)
        if one.is_over and one.said and (row.recovered_at or row.declared_at) > at - PAST
    ]
    overall = "ok" if not current else "act" if any(x.state == "down" for x in lines) else "watch"
    return StatusPage(at, is_inside, overall, _overall(overall), lines, current, past)


def _components(
    components: Iterable[StatusComponent], ongoing: Iterable[Incident]
) -> list[ComponentLine]:
    hit: dict[int, str] = {}
    for incident in ongoing:
        for asset in incident.assets.all():
            if asset.recovered_at is not None:
                continue
            state = "down" if asset.gated_by_id is None and incident.severity <= 2 else "limited"
            if hit.get(asset.asset_id) != "down":
                hit[asset.asset_id] = state
    labels = {"ok": _("Works"), "limited": _("Limited"), "down": _("Does not work")}
    found = []
    for component in components:
        state = hit.get(component.asset_id or 0, "ok")
        found.append(ComponentLine(component.said("name"), state, labels[state]))
    return found


def _disturbance(
    incident: Incident, components: Iterable[StatusComponent], *, at: datetime
) -> Disturbance:
    # The title of an incident is written for ourselves; outside, the services are the headline.
    assets = {hit.asset_id for hit in incident.assets.all()}
    names = [one.said("name") for one in components if one.asset_id in assets]
    updates: list[StatusUpdate] = incident.said_here  # type: ignore[attr-defined]  # a Prefetch
    newest = updates[0] if updates else None
    next_at = newest.next_promised_at if newest and incident.is_ongoing else None
    return Disturbance(
        reference=incident.code,
        headline=", ".join(names) or _("A disturbance of our services"),
        stands=str(WORDS[incident.status]),
        is_over=not incident.is_ongoing,
        began_at=incident.started_at,
        next_at=next_at,
        is_late=bool(next_at and next_at < at),
        said=[
            Said(update.published_at, str(update.get_audience_display()), update.said("text"))
            for update in updates
        ],
    )


def _overall(overall: str) -> str:
    if overall == "ok":
        return _("Everything works")
    if overall == "act":
        return _("Some services do not work")
    return _("Some services are limited")
