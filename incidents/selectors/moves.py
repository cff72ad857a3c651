"""The buttons of an incident: what it may become, who may press, and why not."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from bcp_portal.accounts.models import User
from incidents.models import Incident, IncidentStatus, Review, ReviewStatus
from incidents.models.sub_phase import ERADICABLE, SubPhase, may_begin, may_end


@dataclass(frozen=True)
class Move:
    """One button."""

    label: str
    url: str
    allowed: bool
    why_not: str = ""
    tone: str = ""
    icon: str = ""
    method: str = "post"
    confirm: str = ""
    key: str = ""


def incident_moves(
    incident: Incident, *, user: User, review: Review | None, at: datetime
) -> list[Move]:
    """Exactly the moves that the lifecycle allows now; those the person may not make say why."""
    may_run = user.has_perm("incidents.run_incident")
    may_work = user.has_perm("incidents.work_incident")
    denied = _("Your role may not do this.")
    moves: list[Move] = []

    def add(
        label: str,
        verb: str,
        *,
        may: bool,
        tone: str = "",
        why: str = "",
        icon: str = "",
        key: str = "",
    ) -> None:
        allowed = may and not why
        url = reverse(f"incidents:{verb}", args=[incident.code])
        moves.append(
            Move(label, url, allowed, "" if allowed else why or denied, tone, icon, key=key)
        )

    possible = set(incident.next_moves)
    if incident.is_ongoing and incident.acknowledged_at is None:
        add(_("I have it"), "acknowledge", may=may_work, tone="primary", icon="hand-stop", key="a")
    if incident.is_ongoing and incident.commander_id != user.pk:
        first = "primary" if incident.acknowledged_at else ""
        add(_("Take command"), "take_command", may=may_run, tone=first, icon="user-check", key="c")
    if IncidentStatus.RESPONDING in possible:
        label = _("Reopen") if incident.recovered_at else _("Start response")
        add(label, "respond", may=may_run)
    if IncidentStatus.CONTAINED in possible:
        add(_("Contained"), "contain", may=may_run)
    moves += _eradication(incident, may=may_run, denied=denied)
    if IncidentStatus.RECOVERED in possible:
        add(_("Recovered"), "recover", may=may_run, tone="primary" if incident.contained_at else "")
    if IncidentStatus.CLOSED in possible:
        is_signed = review is not None and review.status == ReviewStatus.SIGNED_OFF
        may_close = user.has_perm("incidents.close_incident")
        why = "" if is_signed else _("The review is not signed off yet.")
        add(_("Close"), "close", may=may_close, why=why)
        moves += _early_close(incident) if may_close and not is_signed else []
    return moves


def _eradication(incident: Incident, *, may: bool, denied: str) -> list[Move]:
    """The sub-phase within containment, where there is something to eradicate."""
    offered = []
    if incident.kind in ERADICABLE and may_begin(incident, SubPhase.ERADICATION):
        offered.append((_("Begin eradication"), "eradicate"))
    if may_end(incident, SubPhase.ERADICATION):
        offered.append((_("Eradicated"), "eradicated"))
    return [
        Move(label, reverse(f"incidents:{verb}", args=[incident.code]), may, "" if may else denied)
        for label, verb in offered
    ]


def _early_close(incident: Incident) -> list[Move]:
    """Closing before the review takes a reason; the review is then opened by itself."""
    url = reverse("incidents:close_early", args=[incident.code])
    return [Move(_("Close, review later"), url, allowed=True, method="get")]
