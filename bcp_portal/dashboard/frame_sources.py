"""What the rooms report into the frame of every page: open incidents, banner lines, own tasks."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import (
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from bcp_portal.accounts.models import User
from bcp_portal.dashboard.links import incident_url
from bcp_portal.engine.health import CYCLE, is_fresh_at
from bcp_portal.engine.models import CallHold, SweepMark
from bcp_portal.frame import Banner, FrameTask, IncidentChip, url_of
from incidents.models import ONGOING, Incident, IncidentAsset, Notice, RunMode
from incidents.selectors.playbook_draft import waiting_for_approval
from telemetry.models import ObserverState
from telemetry.models.observer import UNSEEING, Sight

# What a chip shows of an incident; its texts are long and stay where they are.
_CHIP = ("code", "title", "title_message", "title_params", "severity", "status", "mode")


def open_incident_chips(request: HttpRequest) -> list[IncidentChip]:
    """The open incidents with their most urgent clock: one query."""
    user = request.user
    if not isinstance(user, User) or not user.has_perm("incidents.view_incident"):
        return []
    rows = (
        Incident.objects.visible_to(user)
        .filter(status__in=ONGOING)
        .annotate(first_deadline=Subquery(_deadlines()))
        .only(*_CHIP)
        .order_by("severity", "declared_at")[:12]
    )
    chips = [
        IncidentChip(
            code=row.code,
            title=row.headline,
            url=incident_url(row.code),
            severity=row.severity,
            deadline=getattr(row, "first_deadline", None),
            exercise=row.is_exercise,
            mark=f"{row.status} {row.severity}",
        )
        for row in rows
    ]
    distant = timezone.now().replace(year=9999)
    return sorted(chips, key=lambda chip: (chip.exercise, chip.deadline or distant))


def _deadlines() -> QuerySet[IncidentAsset, Any]:
    """The first deadline of an incident among the assets that are not back."""
    due_at = ExpressionWrapper(F("down_at") + F("rto"), output_field=DateTimeField())
    down = IncidentAsset.objects.filter(incident=OuterRef("pk"), recovered_at=None)
    return down.exclude(rto=None).annotate(due_at=due_at).order_by("due_at").values("due_at")[:1]


def banners(request: HttpRequest) -> Iterator[Banner]:
    """What everybody must know before they believe the page: one query."""
    at = timezone.now()
    now = _standing(request)
    if now["held"]:
        yield Banner(
            "restored",
            _("This is a restored copy: nobody is called until two people release it."),
            url_of("engine:holds"),
        )
    if now["sight"] in _BLIND:
        since = f"{timezone.localtime(now['since']):%H:%M}"
        yield Banner("blind", f"{Sight(now['sight']).label} · {_('since %s') % since}")
    if not is_fresh_at(now["cycle_at"], at=at):
        yield Banner("late", _("The engine is late: deadlines and calls may not be carried out."))
    if now["rehearses"]:
        yield Banner("exercise", _("EXERCISE running: calls and orders stay inside the exercise."))


def _standing(request: HttpRequest) -> Mapping[str, Any]:
    """The facts behind the banners; the reader's own row is there in any case to hang them on."""
    observer = ObserverState.objects.order_by("pk")
    running = Incident.objects.filter(status__in=ONGOING, mode=RunMode.EXERCISE)
    facts = User.objects.filter(pk=request.user.pk or 0).values(
        held=Exists(CallHold.objects.in_force()),
        sight=Subquery(observer.values("sight")[:1]),
        since=Subquery(observer.values("since")[:1]),
        cycle_at=Subquery(SweepMark.objects.filter(name=CYCLE).values("ran_at")[:1]),
        rehearses=Exists(running),
    )
    return facts[0]


_BLIND = frozenset({*UNSEEING, Sight.CENTRAL})


def my_tasks(request: HttpRequest) -> Iterator[FrameTask]:
    """What waits for this person: calls to answer first."""
    user = request.user
    if not isinstance(user, User):
        return
    waiting = Notice.objects.visible_to(user).unanswered().select_related("incident")
    still_open = Q(incident=None) | Q(incident__status__in=ONGOING)
    for notice in waiting.filter(still_open).order_by("-created_at")[:8]:
        url = incident_url(notice.incident.code) if notice.incident else notice.path
        yield FrameTask(label=notice.text, url=url or url_of("incidents:inbox") or "/", kind="call")
    for version in waiting_for_approval(user):
        yield FrameTask(
            label=_("%(version)s waits for your approval") % {"version": version.code},
            url=f"/playbooks/{version.playbook.code}/?version={version.number}",
            kind="signature",
        )


def counts(request: HttpRequest) -> dict[str, int | str]:
    """The small numbers in the rail: open incidents, already known to the top bar."""
    frame = getattr(request, "frame", None)
    open_now = len(frame.open_incidents) if frame else 0
    return {"incidents:list": open_now} if open_now else {}
