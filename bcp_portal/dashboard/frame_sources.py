"""What the rooms report into the frame of every page: open incidents, banner lines, own tasks."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from bcp_portal.accounts.models import User
from bcp_portal.dashboard.links import incident_url
from bcp_portal.engine.health import engine_pulse
from bcp_portal.engine.models import CallHold
from bcp_portal.frame import Banner, FrameTask, IncidentChip, url_of
from incidents.models import ONGOING, Incident, IncidentAsset, Notice, RunMode
from incidents.selectors.playbook_draft import waiting_for_approval
from telemetry.models import ObserverState
from telemetry.models.observer import Sight


def open_incident_chips(request: HttpRequest) -> list[IncidentChip]:
    """The open incidents with their most urgent clock: two queries."""
    user = request.user
    if not isinstance(user, User) or not user.has_perm("incidents.view_incident"):
        return []
    rows = list(
        Incident.objects.visible_to(user)
        .filter(status__in=ONGOING)
        .order_by("severity", "declared_at")[:12]
    )
    deadlines = _deadlines(rows)
    chips = [
        IncidentChip(
            code=row.code,
            title=row.headline,
            url=incident_url(row.code),
            severity=row.severity,
            deadline=deadlines.get(row.pk),
            exercise=row.is_exercise,
            mark=f"{row.status} {row.severity}",
        )
        for row in rows
    ]
    distant = timezone.now().replace(year=9999)
    return sorted(chips, key=lambda chip: (chip.exercise, chip.deadline or distant))


def _deadlines(incidents: list[Incident]) -> dict[int, datetime]:
    """The first deadline of each incident among the assets that are not back."""
    first: dict[int, datetime] = {}
    if not incidents:
        return first
    rows = IncidentAsset.objects.filter(incident__in=incidents, recovered_at=None)
    for row in rows.exclude(rto=None):
        deadline = row.rto_deadline()
        known = first.get(row.incident_id)
        if deadline is not None and (known is None or deadline < known):
            first[row.incident_id] = deadline
    return first


def banners(request: HttpRequest) -> Iterator[Banner]:
    """What everybody must know before they believe the page: four queries."""
    at = timezone.now()
    if CallHold.objects.in_force().exists():
        yield Banner(
            "restored",
            _("This is a restored copy: nobody is called until two people release it."),
            url_of("engine:holds"),
        )
    observer = ObserverState.objects.first()
    if observer and observer.sight in _BLIND:
        since = f"{timezone.localtime(observer.since):%H:%M}"
        yield Banner("blind", f"{Sight(observer.sight).label} · {_('since %s') % since}")
    pulse = engine_pulse(at)
    if not pulse.is_fresh:
        yield Banner("late", _("The engine is late: deadlines and calls may not be carried out."))
    running = Incident.objects.filter(status__in=ONGOING, mode=RunMode.EXERCISE)
    if running.exists():
        yield Banner("exercise", _("EXERCISE running: calls and orders stay inside the exercise."))


_BLIND = frozenset({Sight.BLIND, Sight.INGRESS, Sight.CENTRAL})


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
