"""How we did: times to detect, acknowledge, contain and recover, steps on time, calls; by month."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from django.db.models import Count, F, Q
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from bcp_portal.accounts.models import User
from incidents.models import Incident, Notice, NoticeKind, RunMode, RunStep
from incidents.selectors.call_load import PersonLoad, call_loads

MONTHS = 12
MOST = 10


@dataclass(frozen=True)
class Times:
    """Medians of a set of incidents; None where nothing was measured."""

    label: str
    incidents: int
    detect: timedelta | None
    acknowledge: timedelta | None
    contain: timedelta | None
    recover: timedelta | None
    calls: int


@dataclass(frozen=True)
class Group:
    """One way to cut them."""

    title: str
    rows: list[Times]


@dataclass(frozen=True)
class Analytics:
    """The page."""

    since: datetime
    total: Times
    steps_on_time: int
    steps_late: int
    months: list[Times]
    groups: list[Group]
    people: list[PersonLoad]

    @property
    def on_time_share(self) -> int | None:
        """Percent of the steps with a time that were done within it."""
        judged = self.steps_on_time + self.steps_late
        return round(100 * self.steps_on_time / judged) if judged else None

    def trend(self, name: str) -> list[float | None]:
        """One measure month by month, in minutes; a month without any is a gap."""
        spans = [getattr(month, name) for month in self.months]
        return [span.total_seconds() / 60 if span else None for span in spans]

    @property
    def recover_trend(self) -> list[float | None]:
        """Time to recover, month by month."""
        return self.trend("recover")

    @property
    def acknowledge_trend(self) -> list[float | None]:
        """Time to answer, month by month."""
        return self.trend("acknowledge")

    @property
    def count_trend(self) -> list[int]:
        """Incidents, month by month."""
        return [month.incidents for month in self.months]


def analytics(user: User, *, at: datetime) -> Analytics:
    """Gather a year of real incidents that this person may see; a fixed number of queries."""
    since = at - timedelta(days=365)
    rows = list(
        Incident.objects.visible_to(user)
        .filter(mode=RunMode.LIVE, declared_at__gte=since)
        .exclude(status__in=["false_alarm", "merged"])
        .prefetch_related("sites__site", "assets__asset")
        .order_by("declared_at", "pk")
    )
    calls = _calls(rows)
    on_time, late = _steps(rows)
    return Analytics(
        since=since,
        total=_times(_("All"), rows, calls),
        steps_on_time=on_time,
        steps_late=late,
        months=_by_month(rows, calls, at=at),
        groups=[
            Group(_("By cause"), _grouped(rows, calls, _causes)),
            Group(_("By site"), _grouped(rows, calls, _sites)),
            Group(_("By asset"), _grouped(rows, calls, _assets)),
        ],
        people=call_loads(rows),
    )


def _calls(rows: Sequence[Incident]) -> Counter[int]:
    counted = (
        Notice.objects.filter(incident__in=[row.pk for row in rows], kind=NoticeKind.CALL)
        .values_list("incident_id")
        .annotate(times=Count("pk"))
    )
    return Counter({pk: times for pk, times in counted if pk is not None})


def _steps(rows: Sequence[Incident]) -> tuple[int, int]:
    done = RunStep.objects.filter(
        phase__run__incident__in=[row.pk for row in rows],
        due_at__isnull=False,
        done_at__isnull=False,
    ).aggregate(
        on_time=Count("pk", filter=Q(done_at__lte=F("due_at"))),
        late=Count("pk", filter=Q(done_at__gt=F("due_at"))),
    )
    return done["on_time"], done["late"]


def _times(label: str, rows: Sequence[Incident], calls: Counter[int]) -> Times:
    return Times(
        label=label,
        incidents=len(rows),
        detect=_median(row.detected_at - row.started_at for row in rows),
        acknowledge=_median(
            row.acknowledged_at - row.detected_at for row in rows if row.acknowledged_at
        ),
        contain=_median(row.contained_at - row.started_at for row in rows if row.contained_at),
        recover=_median(row.recovered_at - row.started_at for row in rows if row.recovered_at),
        calls=sum(calls[row.pk] for row in rows),
    )


def _median(spans: Iterable[timedelta]) -> timedelta | None:
    seconds = [max(span.total_seconds(), 0.0) for span in spans]
    return timedelta(seconds=median(seconds)) if seconds else None


def _by_month(rows: Sequence[Incident], calls: Counter[int], *, at: datetime) -> list[Times]:
    here = localtime(at)
    last = here.year * 12 + here.month - 1
    found: dict[int, list[Incident]] = {last - back: [] for back in range(MONTHS - 1, -1, -1)}
    for row in rows:
        began = localtime(row.declared_at)
        found.get(began.year * 12 + began.month - 1, []).append(row)
    return [
        _times(f"{number // 12}-{number % 12 + 1:02d}", members, calls)
        for number, members in found.items()
    ]


def _grouped(
    rows: Sequence[Incident], calls: Counter[int], labels: Callable[[Incident], list[str]]
) -> list[Times]:
    found: dict[str, list[Incident]] = defaultdict(list)
    for row in rows:
        for label in labels(row):
            found[label].append(row)
    largest = sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0]))[:MOST]
    return [_times(label, members, calls) for label, members in largest]


def _causes(row: Incident) -> list[str]:
    return [str(row.get_kind_display())]


def _sites(row: Incident) -> list[str]:
    return [link.site.code for link in row.sites.all()]


def _assets(row: Incident) -> list[str]:
    return [hit.asset.code for hit in row.assets.all() if hit.gated_by_id is None]
