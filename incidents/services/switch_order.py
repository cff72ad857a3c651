"""Verbs of an order to switch by signed webhook: sent until answered, and shown on its step."""

from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from assets.models import FailoverPath, FailoverState
from assets.services.failover_path import switch_failover_path
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.services.deadline import set_deadline
from bcp_portal.engine.services.job import queue_job
from bcp_portal.shared.errors import DomainError
from incidents.channels.webhook import RefusedError, post_signed
from incidents.models import Importance, RunStep, SwitchOrder, SwitchState, TimelineKind
from incidents.services.timeline import write_entry

JOB = "incidents.switch_order"
# The deadline at which telemetry is asked whether the other end has taken over.
SEEN = "incidents.failover_seen"
LOOK_EVERY = timedelta(minutes=1)


@verb
def order_switch(
    *, step: RunStep, path: FailoverPath, reason: str, actor: User, at: datetime
) -> SwitchOrder:
    """Have another program move the work; the path counts as used once that program says yes."""
    if SwitchOrder.objects.filter(path=path, state=SwitchState.WAITING).exists():
        raise DomainError(_("The switch to “%(path)s” is ordered already.") % {"path": path.name})
    order = SwitchOrder.objects.create(
        step=step,
        path=path,
        address=path.switch_address,
        reason=reason[:300],
        ordered_by=actor,
        ordered_at=at,
    )
    _tell(order, gettext_noop("Ordered the switch to “%(path)s”"), actor, tone="watch", at=at)
    queue_job(kind=JOB, subject_id=order.pk, at=at)
    return order


def send_switch_order(*, subject_id: int, at: datetime, again: bool) -> None:
    """Carry one order; an OSError means: not answered, try again. Outside any transaction."""
    order = _orders().filter(pk=subject_id, state=SwitchState.WAITING).first()
    if order is None:
        return
    incident = order.step.phase.run.incident
    content = {
        "id": str(order.key),
        "kind": "switch",
        "mode": incident.mode,
        "incident": incident.code,
        "path": order.path.name,
        "from": order.path.source.code,
        "to": order.path.target.code,
        "asset": order.path.asset.code if order.path.asset else "",
        "reason": order.reason,
        "by": order.ordered_by.name,
        "possibly_twice": again,
        "at": order.ordered_at,
    }
    try:
        post_signed(order.address, content, key=str(order.key), at=at)
    except RefusedError as refusal:
        settle_order(order_id=order.pk, state=SwitchState.REFUSED, answer=str(refusal), at=at)
        return
    settle_order(order_id=order.pk, state=SwitchState.TAKEN, at=at)


@verb
def settle_order(*, order_id: int, state: str, at: datetime, answer: str = "") -> None:
    """Keep what the other program answered; a yes moves the path, and telemetry is asked for it."""
    order = _orders().select_for_update(of=("self",)).filter(pk=order_id).first()
    if order is None or order.state != SwitchState.WAITING:
        return
    order.state, order.answer, order.answered_at = state, answer[:300], at
    order.save(update_fields=["state", "answer", "answered_at"])
    audit(action=f"switch_order.{state}", obj=order.step, actor=None, at=at, reason=answer[:300])
    if state != SwitchState.TAKEN:
        words = (
            gettext_noop("The switch to “%(path)s” was refused: %(reason)s")
            if state == SwitchState.REFUSED
            else gettext_noop("The switch to “%(path)s” was never answered: %(reason)s")
        )
        _tell(order, words, None, tone="act", at=at)
        return
    path = order.path
    if path.state != FailoverState.ACTIVE:
        incident = order.step.phase.run.incident
        words = f"{incident.code}: {order.reason}"[:300]
        switch_failover_path(path=path, reason=words, actor=order.ordered_by, at=at)
    _tell(order, gettext_noop("The switch to “%(path)s” was taken"), None, tone="ok", at=at)
    set_deadline(
        kind=SEEN, subject_id=order.step_id, epoch=path.pk, step=0, due_at=at + LOOK_EVERY, at=at
    )


@verb
def give_up_switch(*, subject_id: int, error: str, at: datetime) -> None:
    """Every attempt went unanswered: people must hear that nothing was switched."""
    settle_order(order_id=subject_id, state=SwitchState.UNANSWERED, answer=error, at=at)


def _orders() -> QuerySet[SwitchOrder]:
    return SwitchOrder.objects.select_related(
        "step__phase__run__incident", "path__source", "path__target", "path__asset", "ordered_by"
    )


def _tell(order: SwitchOrder, message: str, actor: User | None, *, tone: str, at: datetime) -> None:
    params = {"path": order.path.name, "reason": order.answer}
    write_entry(
        incident=order.step.phase.run.incident,
        kind=TimelineKind.STEP,
        message=message,
        params=params,
        actor=actor,
        at=at,
        importance=Importance.KEY,
    )
    outcome = {"message": message, "params": params, "tone": tone}
    RunStep.objects.filter(pk=order.step_id).update(outcome=outcome)
