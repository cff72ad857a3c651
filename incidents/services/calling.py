"""What one rung of an escalation does: it calls people, or says that nobody could be called.

Plain parts of the verb that fires the rung; they run inside its transaction and its locks.
"""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_noop

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit
from incidents.models import (
    Escalation,
    EscalationFiring,
    Importance,
    Incident,
    Notice,
    NoticeKind,
    Severity,
    TimelineKind,
)
from incidents.models.wording import message_id
from incidents.selectors.duty import people_who_command
from incidents.services.notice import reachable_addresses, write_notice
from incidents.services.sensitive import let_in_called
from incidents.services.timeline import write_entry

CALL = gettext_noop("%(code)s: %(title_said)s. Severity: %(severity_label)s. You are needed.")
NOBODY = gettext_noop("Nobody on level %(level)s could be reached; called instead: %(names)s")
# A rung that fires later than this says so on the timeline.
LATE_S = 5


def call_people(
    escalation: Escalation, firing: EscalationFiring, people: list[User], *, at: datetime
) -> bool:
    """Write a call to each person; return whether any of them can be reached."""
    reached = False
    for person in people:
        is_reachable = bool(reachable_addresses(person))
        (firing.called if is_reachable else firing.unreachable).append(
            {"id": person.pk, "name": person.name}
        )
        let_in_called(incident=escalation.incident, user=person, at=at)
        write_notice(
            person=person,
            kind=NoticeKind.CALL,
            message=CALL,
            params=_words(escalation.incident),
            incident=escalation.incident,
            escalation=escalation,
            firing=firing,
            requires_ack=True,
            at=at,
        )
        reached = reached or is_reachable
    return reached


def _words(incident: Incident) -> dict[str, Any]:
    return {
        "code": incident.code,
        "title_said": incident.headline_said,
        "severity_label": message_id(Severity(incident.severity).label),
    }


def call_fallback(escalation: Escalation, firing: EscalationFiring, *, at: datetime) -> None:
    """Nobody on the rung can be reached: that is an event of its own, and the fallback is told."""
    firing.is_fallback = True
    fallback = User.objects.filter(pk=escalation.policy_snapshot.get("fallback")).first()
    if fallback is None or not reachable_addresses(fallback):
        # The last line: every person who may command, whatever the plan says.
        people = list(people_who_command())
    else:
        people = [fallback]
    already = {entry["id"] for entry in [*firing.called, *firing.unreachable]}
    # A plan none of whose rungs reaches anybody falls through them all at once: one call is enough.
    same_round = Notice.objects.filter(escalation=escalation, firing__loop=firing.loop)
    already |= set(same_round.values_list("person_id", flat=True))
    call_people(escalation, firing, [p for p in people if p.pk not in already], at=at)
    write_entry(
        incident=escalation.incident,
        kind=TimelineKind.CALL,
        message=NOBODY,
        params={
            "level": firing.level + 1,
            "names": ", ".join(person.name for person in people) or "–",
        },
        actor=None,
        at=at,
        importance=Importance.KEY,
    )


def record_firing(escalation: Escalation, firing: EscalationFiring, *, at: datetime) -> None:
    """Put the rung on the timeline, into the ledger and into the trail."""
    firing.save(update_fields=["called", "unreachable", "is_fallback"])
    incident = escalation.incident
    if incident.called_at is None:
        incident.called_at = at
        incident.save(update_fields=["called_at"])
    late = firing.lateness_s
    write_entry(
        incident=incident,
        kind=TimelineKind.CALL,
        message=(
            gettext_noop("Level %(level)s called: %(names)s")
            if late < LATE_S
            else gettext_noop("Level %(level)s called %(late)s s late: %(names)s")
        ),
        params={
            "level": firing.level + 1,
            "names": ", ".join(entry["name"] for entry in firing.called) or "–",
            "late": round(late),
        },
        actor=None,
        at=at,
        importance=Importance.NORMAL,
    )
    audit(
        action="escalation.fire",
        obj=escalation,
        actor=None,
        at=at,
        after={
            "loop": firing.loop,
            "level": firing.level,
            "due_at": firing.due_at,
            "late_s": round(late, 3),
            "called": firing.called,
            "unreachable": firing.unreachable,
        },
    )
