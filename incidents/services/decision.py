"""Verbs of a decision: what was chosen, by whom, and a frozen picture of what was known."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_noop

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from incidents.models import Decision, Importance, Incident, RunStep, TimelineKind
from incidents.selectors.picture import incident_picture
from incidents.services.timeline import write_entry


@verb
def record_decision(
    *,
    incident: Incident,
    question: str,
    chosen: str,
    actor: User | None,
    at: datetime,
    options: list[str] | None = None,
    reason: str = "",
    authority: str = "",
    step: RunStep | None = None,
    happened_at: datetime | None = None,
    picture: dict[str, Any] | None = None,
) -> Decision:
    """Keep a decision with the facts as they looked at that moment; later facts change nothing."""
    decision = Decision.objects.create(
        incident=incident,
        step=step,
        question=question,
        options=options or [],
        chosen=chosen,
        reason=reason,
        authority=authority,
        picture=picture if picture is not None else incident_picture(incident, at=at),
        decided_by=actor,
        decided_at=happened_at or at,
        recorded_at=at,
    )
    _record(decision, happened_at=happened_at, at=at)
    return decision


def _record(decision: Decision, *, happened_at: datetime | None, at: datetime) -> None:
    incident, actor = decision.incident, decision.decided_by
    if decision.step is None:  # a step tells the timeline itself
        write_entry(
            incident=incident,
            kind=TimelineKind.DECISION,
            message=gettext_noop("Decided: %(question)s → %(chosen)s"),
            params={"question": decision.question, "chosen": decision.chosen},
            actor=actor,
            at=at,
            happened_at=happened_at,
            importance=Importance.KEY,
        )
    audit(
        action="incident.decide",
        obj=decision,
        actor=actor,
        at=at,
        reason=decision.reason,
        after={
            "incident": incident.code,
            "question": decision.question,
            "chosen": decision.chosen,
            "authority": decision.authority,
        },
    )
