"""Verbs of the sub-phases of an incident: eradication begins and ends within containment."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.lifecycle import IllegalMoveError
from incidents.models import Importance, Incident, PhaseKind, RunPhase, TimelineKind
from incidents.models.sub_phase import SubPhase, may_begin, may_end
from incidents.services.timeline import write_entry


@verb
def begin_eradication(*, incident: Incident, actor: User | None, at: datetime) -> Incident:
    """Say that the cause is being removed, while the damage is contained."""
    locked = Incident.objects.select_for_update(of=("self",)).get(pk=incident.pk)
    if not may_begin(locked, SubPhase.ERADICATION):
        raise IllegalMoveError(_("Eradication begins within containment, and once at a time."))
    locked.eradication_at, locked.eradicated_at = at, None
    return _moved(locked, "begin", gettext_noop("Eradication began"), actor, at=at)


@verb
def end_eradication(*, incident: Incident, actor: User | None, at: datetime) -> Incident:
    """Say that the cause is gone; recovery is another matter."""
    locked = Incident.objects.select_for_update(of=("self",)).get(pk=incident.pk)
    if not may_end(locked, SubPhase.ERADICATION):
        raise IllegalMoveError(_("Eradication is not under way."))
    locked.eradicated_at = at
    return _moved(locked, "end", gettext_noop("Eradication ended"), actor, at=at)


def follow_phase(phase: RunPhase, incident: Incident, *, at: datetime) -> None:
    """The playbook reached, or finished, its phase of eradication: so did the incident."""
    if phase.kind != PhaseKind.ERADICATION:
        return
    current = Incident.objects.get(pk=incident.pk)
    if phase.finished_at is None and may_begin(current, SubPhase.ERADICATION):
        begin_eradication(incident=current, actor=None, at=at)
    elif phase.finished_at is not None and may_end(current, SubPhase.ERADICATION):
        end_eradication(incident=current, actor=None, at=at)


def _moved(
    locked: Incident, what: str, message: str, actor: User | None, *, at: datetime
) -> Incident:
    locked.save(update_fields=["eradication_at", "eradicated_at"])
    write_entry(
        incident=locked,
        kind=TimelineKind.STATUS,
        message=message,
        params={},
        actor=actor,
        at=at,
        importance=Importance.KEY,
    )
    audit(action=f"incident.eradication_{what}", obj=locked, actor=actor, at=at)
    return locked
