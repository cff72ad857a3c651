"""The way from detection to recovery, and where each open incident stands on it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bcp_portal.accounts.models import User
from bcp_portal.dashboard.links import incident_url, link
from incidents.models import (
    Alert,
    Audience,
    Escalation,
    EscalationStatus,
    FlowPlace,
    Incident,
    StatusUpdate,
)

SHOWN = 3


@dataclass(frozen=True)
class Token:
    """An incident at its place, or what of it is still under way at an earlier one."""

    key: str
    code: str
    title: str
    url: str
    severity: int
    note: str = ""
    due_at: datetime | None = None
    due_label: str = ""
    done: int | None = None
    total: int | None = None
    is_here: bool = True
    is_alert: bool = False
    is_exercise: bool = False
    mark: str = ""


@dataclass(frozen=True)
class FlowStage:
    """One of the four places, with the tokens on it."""

    place: FlowPlace
    tokens: list[Token]
    count: int
    more: int


def incident_flow(user: User, *, at: datetime) -> list[FlowStage]:
    """Gather the four stages in four queries."""
    incidents = _open_incidents(user)
    calls = _running_calls(user)
    promises = _promises(user)
    placed: dict[FlowPlace, list[Token]] = {place: [] for place in FlowPlace}
    for incident in incidents:
        for place, token in _tokens(incident, calls.get(incident.pk), promises.get(incident.pk)):
            placed[place].append(token)
    if user.has_perm("incidents.view_alert"):
        placed[FlowPlace.DETECTION].extend(_loose_alerts(user))
    return [_stage(place, tokens) for place, tokens in placed.items()]


def _stage(place: FlowPlace, tokens: list[Token]) -> FlowStage:
    ordered = sorted(tokens, key=lambda token: (not token.is_here, token.severity))
    return FlowStage(
        place=place,
        tokens=ordered[:SHOWN],
        count=sum(1 for token in ordered if token.is_here),
        more=max(0, len(ordered) - SHOWN),
    )


def _open_incidents(user: User) -> list[Incident]:
    return list(
        Incident.objects.visible_to(user)
        .open()
        .annotate(
            sites_hit=Count("sites", distinct=True),
            sites_back=Count("sites", filter=Q(sites__recovered_at__isnull=False), distinct=True),
        )
        .order_by("severity", "declared_at")[:40]
    )


def _running_calls(user: User) -> dict[int, Escalation]:
    rows = Escalation.objects.visible_to(user).unanswered().order_by("incident", "-next_due_at")
    return {row.incident_id: row for row in rows}


def _promises(user: User) -> dict[int, tuple[datetime, str]]:
    rows = (
        StatusUpdate.objects.visible_to(user)
        .filter(followed_at=None, next_promised_at__isnull=False)
        .exclude(incident__closed_at__isnull=False)
        .values("incident", "audience")
        .annotate(promised=Min("next_promised_at"))
        .order_by("-promised")
    )
    return {row["incident"]: (row["promised"], row["audience"]) for row in rows}


def _tokens(
    incident: Incident, call: Escalation | None, promise: tuple[datetime, str] | None
) -> list[tuple[FlowPlace, Token]]:
    here = incident.phase
    found = [(here, _token(incident, here, note=str(incident.get_status_display())))]
    if call is not None:
        found = [pair for pair in found if pair[0] != FlowPlace.ESCALATION]
        found.append((FlowPlace.ESCALATION, _calling(incident, call, here)))
    if promise is not None:
        found = [pair for pair in found if pair[0] != FlowPlace.COMMUNICATION]
        found.append((FlowPlace.COMMUNICATION, _promised(incident, promise, here)))
    return found


def _token(incident: Incident, here: FlowPlace, *, note: str) -> Token:
    hit = getattr(incident, "sites_hit", 0)
    back = getattr(incident, "sites_back", 0)
    in_recovery = here == FlowPlace.RECOVERY and hit > 0
    if in_recovery:
        note = _("%(back)s of %(hit)s sites back") % {"back": back, "hit": hit}
    return Token(
        key=f"{incident.code}-{here}",
        code=incident.code,
        title=incident.headline,
        url=incident_url(incident.code),
        severity=incident.severity,
        note=note,
        done=back if in_recovery else None,
        total=hit if in_recovery else None,
        is_exercise=incident.is_exercise,
        mark=f"{incident.status} {here} {back}",
    )


def _calling(incident: Incident, call: Escalation, here: FlowPlace) -> Token:
    exhausted = call.status == EscalationStatus.EXHAUSTED
    return Token(
        key=f"{incident.code}-escalation",
        code=incident.code,
        title=incident.headline,
        url=incident_url(incident.code),
        severity=incident.severity,
        note=_("nobody answered yet") if exhausted else "",
        due_at=call.next_due_at,
        due_label=_("level %s in") % (call.level + 1),
        is_here=here == FlowPlace.ESCALATION,
        is_exercise=incident.is_exercise,
        mark=f"{call.status} {call.loop} {call.level}",
    )


def _promised(incident: Incident, promise: tuple[datetime, str], here: FlowPlace) -> Token:
    promised_at, audience = promise
    return Token(
        key=f"{incident.code}-communication",
        code=incident.code,
        title=incident.headline,
        url=incident_url(incident.code),
        severity=incident.severity,
        note=str(Audience(audience).label),
        due_at=promised_at,
        due_label=_("next update in"),
        is_here=here == FlowPlace.COMMUNICATION,
        is_exercise=incident.is_exercise,
        mark=promised_at.isoformat(),
    )


WATCHING = gettext_lazy("watching")


def _loose_alerts(user: User) -> list[Token]:
    rows = (
        Alert.objects.visible_to(user)
        .unresolved()
        .filter(incident=None)
        .order_by("severity", "-last_signal_at")[:12]
    )
    return [
        Token(
            key=alert.code,
            code=alert.code,
            title=alert.text,
            url=link("incidents:alert", alert.pk),
            severity=alert.severity,
            note=str(WATCHING),
            is_alert=True,
            mark=f"{alert.status} {alert.signal_count}",
        )
        for alert in rows
    ]
