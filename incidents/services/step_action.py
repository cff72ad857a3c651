"""Verbs of what a step orders by itself: it begins when the step can be done, once, by the engine.

Words to people inside go out and tick the step. Words to an audience and orders to sites are only
put forward, in the name of whoever commands; somebody else's yes lets them go. Nothing of this
leaves an exercise.
"""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext, gettext_noop

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.models import Deadline
from bcp_portal.shared.errors import DomainError
from incidents.models import (
    Audience,
    Exercise,
    Importance,
    Incident,
    IncidentRole,
    NoticeKind,
    RunStatus,
    RunStep,
    TimelineKind,
)
from incidents.playbooks.actions import goes_alone
from incidents.services.inject import add_inject, give_inject
from incidents.services.notice import write_notice
from incidents.services.run_condition import is_blocked, leave_out
from incidents.services.run_phase import settle_phase
from incidents.services.run_step import complete_step
from incidents.services.timeline import write_entry
from incidents.services.update_draft import draft_update
from telemetry.models import OrderAction
from telemetry.models.order import Order
from telemetry.services.order import Instruction, prepare_order

ORDERS = {"offline_mode": OrderAction.OFFLINE, "freeze_site": OrderAction.FREEZE}


class ActionRefusedError(DomainError):
    """The portal cannot begin this by itself."""


@verb
def step_action_due(*, deadline: Deadline, at: datetime) -> None:
    """A step can be done now: begin what it orders, and say so; people go on if that fails."""
    step = RunStep.objects.for_list().pending().filter(pk=deadline.subject_id).first()
    if step is None or step.phase.started_at is None or not goes_alone(step.action):
        return
    run = step.phase.run
    if run.status != RunStatus.RUNNING or not run.incident.is_open or is_blocked(step, run):
        return
    try:
        with transaction.atomic():
            is_all = _BEGIN[step.action["kind"]](step, run.incident, at)
    except DomainError as refusal:
        words = gettext_noop("Could not begin by itself: %(step)s. %(reason)s")
        _tell(step, words, at=at, reason=str(refusal))
        return
    audit(action="step.act", obj=step, actor=None, at=at, after={"action": step.action})
    if is_all and not _asks_a_person(step):
        complete_step(step=step, actor=None, note=gettext("Done by the playbook itself."), at=at)


def _asks_a_person(step: RunStep) -> bool:
    return bool(step.is_decision or step.needs_second_person or step.evidence or step.right)


def _begin_notice(step: RunStep, incident: Incident, at: datetime) -> bool:
    wanted = str(step.action.get("to") or step.role)
    held = IncidentRole.objects.filter(incident=incident, role=wanted, ended_at=None)
    people = [role.user for role in held.select_related("user")] or [_speaker(step)]
    for person in people:
        write_notice(
            person=person,
            kind=NoticeKind.INFO,
            message="%(code)s: %(words)s",
            params={"code": incident.code, "words": _words(step)},
            incident=incident,
            at=at,
        )
    _tell(
        step,
        gettext_noop("Told %(names)s: %(words)s"),
        at=at,
        names=", ".join(person.name for person in people),
        words=_words(step),
    )
    return True


def _begin_update(step: RunStep, incident: Incident, at: datetime) -> bool:
    text = str(step.action.get("text", ""))
    indonesian = str(step.action.get("text_id", ""))
    draft_update(
        incident=incident,
        audience=str(step.action.get("audience") or Audience.USERS),
        text=text,
        translations={"id": {"text": indonesian}} if indonesian else {},
        actor=_speaker(step),
        at=at,
    )
    return False


def _begin_inject(step: RunStep, incident: Incident, at: datetime) -> bool:
    exercise = Exercise.objects.filter(incident=incident).first()
    if exercise is None or exercise.started_at is None:
        run = step.phase.run
        why = {"by": "action", "message": gettext_noop("Only in an exercise"), "params": {}}
        leave_out(step, run, why=why, at=at)
        settle_phase(phase=step.phase, run=run, at=at)
        return False
    inject = add_inject(
        exercise=exercise, after=at - exercise.started_at, text=_words(step), actor=None, at=at
    )
    give_inject(inject=inject, actor=None, at=at)
    return True


def _begin_order(step: RunStep, incident: Incident, at: datetime) -> bool:
    action = ORDERS[step.action["kind"]]
    if incident.is_exercise:
        words = gettext_noop("EXERCISE: “%(action_label)s” would be put forward now")
        _tell(step, words, at=at, action_label=str(action.label))
        return False
    standing = Order.objects.open().filter(incident_code=incident.code, action=action).first()
    if standing is not None:
        raise ActionRefusedError(gettext("%(code)s orders it already.") % {"code": standing.code})
    hit = incident.sites.filter(recovered_at=None).select_related("site").order_by("site__code")
    order = prepare_order(
        instruction=Instruction(
            action=action,
            reason=f"{incident.code}: {step.text}"[:500],
            incident_code=incident.code,
            authority=step.phase.run.version.code,
        ),
        sites=[link.site for link in hit],
        actor=_speaker(step),
        at=at,
    )
    words = gettext_noop("%(order)s is put forward and waits for a second person: %(step)s")
    _tell(step, words, at=at, order=order.code)
    return False


_BEGIN: dict[str, Callable[[RunStep, Incident, datetime], bool]] = {
    "notice": _begin_notice,
    "update": _begin_update,
    "inject": _begin_inject,
    "offline_mode": _begin_order,
    "freeze_site": _begin_order,
}


def _speaker(step: RunStep) -> User:
    person = step.phase.run.incident.commander or step.phase.run.started_by
    if person is None:
        raise ActionRefusedError(gettext("Nobody commands this incident yet."))
    return person


def _words(step: RunStep) -> str:
    return str(step.action.get("text") or step.text)


def _tell(step: RunStep, message: str, *, at: datetime, **params: str) -> None:
    write_entry(
        incident=step.phase.run.incident,
        kind=TimelineKind.STEP,
        message=message,
        params={"step": step.spoken("text"), **params},
        actor=None,
        at=at,
        importance=Importance.NORMAL,
    )
