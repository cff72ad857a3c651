"""Verbs of a step that moves work along a failover path: switched, told, and seen to carry."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from assets.models import FailoverPath, FailoverState
from assets.services.failover_path import switch_failover_path
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.models import Deadline
from bcp_portal.engine.services.deadline import set_deadline
from bcp_portal.shared.errors import DomainError
from incidents.models import Importance, Incident, NoticeKind, RunStep, TimelineKind
from incidents.services.notice import write_notice
from incidents.services.switch_order import LOOK_EVERY, SEEN, order_switch
from incidents.services.timeline import write_entry
from telemetry.models import SyncSession
from telemetry.models.sync_session import SyncOutcome

# So often is telemetry asked before people are told that it does not confirm the switch.
MOST_LOOKS = 10


class SwitchRefusedError(DomainError):
    """Work cannot be moved along this path now."""


@verb
def switch_by_step(
    *, step: RunStep, path: FailoverPath, reason: str, actor: User, at: datetime
) -> FailoverPath:
    """Order the switch that a step asks for; telemetry of the other end then confirms it.

    A path with an address is switched by another program, and counts as used when that says yes.
    An exercise says what would be switched, and switches nothing.
    """
    incident = step.phase.run.incident
    if not incident.is_open or step.phase.started_at is None:
        raise SwitchRefusedError(_("This step cannot be done now."))
    if path.state == FailoverState.ACTIVE:
        raise SwitchRefusedError(_("“%(path)s” is in use already.") % {"path": path.name})
    audit(
        action="step.switch",
        obj=step,
        actor=actor,
        at=at,
        reason=reason,
        after={"path": path.name, "incident": incident.code},
    )
    if incident.is_exercise:
        _tell(incident, gettext_noop("EXERCISE: would switch to “%(path)s”"), path, actor, at=at)
        return path
    if path.switch_address:
        order_switch(step=step, path=path, reason=reason, actor=actor, at=at)
        return path
    moved = switch_failover_path(
        path=path, reason=f"{incident.code}: {reason}"[:300], actor=actor, at=at
    )
    _tell(incident, gettext_noop("Switched to “%(path)s”: %(reason)s"), path, actor, reason, at=at)
    _look_again(step, path, number=0, at=at)
    return moved


@verb
def failover_seen(*, deadline: Deadline, at: datetime) -> None:
    """Ask telemetry whether the other end has taken over; after ten minutes tell people it has not.

    The subject is the step, the epoch the path: a step may switch more than one.
    """
    step = RunStep.objects.for_list().filter(pk=deadline.subject_id).first()
    path = FailoverPath.objects.select_related("target", "asset").filter(pk=deadline.epoch).first()
    if step is None or path is None or path.state != FailoverState.ACTIVE or not path.switched_at:
        return
    incident = step.phase.run.incident
    session = _proof(path)
    if session is not None:
        words = gettext_noop("Telemetry confirms “%(path)s”: %(reason)s")
        told = f"{path.target.code} {session.stream_name}"
        _tell(incident, words, path, None, told, at=at)
        return
    if deadline.step + 1 < MOST_LOOKS:
        _look_again(step, path, number=deadline.step + 1, at=at)
        return
    words = gettext_noop("Telemetry does not confirm “%(path)s”: nothing was synchronised there")
    _tell(incident, words, path, None, at=at)
    if incident.commander is not None and incident.is_ongoing:
        write_notice(
            person=incident.commander,
            kind=NoticeKind.INFO,
            message=gettext_noop(
                "%(code)s: nothing confirms the switch to “%(path)s”. Look there."
            ),
            params={"code": incident.code, "path": path.name},
            incident=incident,
            at=at,
        )


def _proof(path: FailoverPath) -> SyncSession | None:
    """A session that went well at the other end after the switch, of the asset if one is named."""
    rows = SyncSession.objects.filter(
        device__site=path.target, outcome=SyncOutcome.OK, started_at__gte=path.switched_at
    )
    if path.asset is not None:
        carried = path.target.streams.filter(asset=path.asset).values_list("name", flat=True)
        if names := list(carried):
            rows = rows.filter(stream_name__in=names)
    return rows.order_by("started_at").first()


def _look_again(step: RunStep, path: FailoverPath, *, number: int, at: datetime) -> None:
    set_deadline(
        kind=SEEN, subject_id=step.pk, epoch=path.pk, step=number, due_at=at + LOOK_EVERY, at=at
    )


def _tell(
    incident: Incident,
    message: str,
    path: FailoverPath,
    actor: User | None,
    reason: str = "",
    *,
    at: datetime,
) -> None:
    write_entry(
        incident=incident,
        kind=TimelineKind.STEP,
        message=message,
        params={"path": path.name, "reason": reason},
        actor=actor,
        at=at,
        importance=Importance.KEY,
    )
