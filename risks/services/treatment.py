"""Verbs of a treatment and of the actions that carry it out."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assets.changes import BadFactsError, check_row, need_reason, plain, set_fields
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError
from risks.models import (
    MOST_COST,
    TREATMENT_LIFECYCLE,
    Risk,
    Treatment,
    TreatmentAction,
    TreatmentStatus,
)
from risks.services.risk import lock_in_force

ACTION_FACTS = ("title", "owner", "due_on", "cost")


class ActionsOpenError(DomainError):
    """A treatment is not in place while something of it is still to be done."""


@verb
def decide_treatment(
    *,
    risk: Risk,
    kind: str,
    plan: str,
    owner: User,
    due_on: date | None = None,
    cost: float | None = None,
    actor: User | None,
    at: datetime,
) -> Treatment:
    """Decide what is done about a risk, by whom and until when."""
    risk = lock_in_force(risk)
    _check_cost(cost)
    treatment = Treatment(
        risk=risk,
        kind=kind,
        plan=plan,
        owner=owner,
        due_on=due_on,
        cost=cost,
        decided_at=at,
        decided_by=actor,
    )
    check_row(treatment)
    treatment.save()
    said = {"due_on": plain(due_on), "cost": cost}
    after = {"kind": kind, "plan": plan, "owner": owner.name, **said}
    audit(action="risk.treat", obj=risk, actor=actor, at=at, after=after)
    return treatment


@verb
def finish_treatment(*, treatment: Treatment, note: str, actor: User, at: datetime) -> Treatment:
    """Say that a treatment is in place; each of its actions has come to its end before."""
    treatment = _lock(treatment)
    left = treatment.actions.filter(status=TreatmentStatus.PLANNED).count()
    if left:
        words = ngettext(
            "%d action of this treatment is still to be done: finish or drop it first.",
            "%d actions of this treatment are still to be done: finish or drop them first.",
            left,
        )
        raise ActionsOpenError(words % left)
    _end(treatment, TreatmentStatus.DONE, at=at)
    _tell(treatment, note, actor=actor, at=at)
    return treatment


@verb
def drop_treatment(*, treatment: Treatment, note: str, actor: User, at: datetime) -> Treatment:
    """Say that a treatment will not come, and why; what was still to be done goes with it."""
    treatment = _lock(treatment)
    _end(treatment, TreatmentStatus.DROPPED, at=at)
    _tell(treatment, note, actor=actor, at=at)
    for action in treatment.actions.filter(status=TreatmentStatus.PLANNED):
        drop_action(action=action, note=note, actor=actor, at=at)
    return treatment


@verb
def add_action(
    *,
    treatment: Treatment,
    title: str,
    owner: User,
    due_on: date | None = None,
    cost: float | None = None,
    actor: User | None,
    at: datetime,
) -> TreatmentAction:
    """Write down one thing to be done so that the treatment comes true."""
    risk = lock_in_force(treatment.risk)
    treatment = _lock(treatment)
    if treatment.status != TreatmentStatus.PLANNED:
        raise DomainError(_("This treatment has ended: nothing is to be done for it any more."))
    _check_cost(cost)
    last = treatment.actions.aggregate(last=Max("position"))["last"] or 0
    action = TreatmentAction(
        treatment=treatment,
        position=last + 1,
        title=title,
        owner=owner,
        due_on=due_on,
        cost=cost,
        added_at=at,
    )
    check_row(action)
    action.save()
    after = {"action": title, "owner": owner.name, "due_on": plain(due_on), "cost": cost}
    audit(action="risk.action_add", obj=risk, actor=actor, at=at, after=after)
    return action


@verb
def edit_action(
    *, action: TreatmentAction, facts: Mapping[str, Any], actor: User, at: datetime
) -> TreatmentAction:
    """Say what is to be done otherwise: its words, its owner, its day, its cost."""
    action = _lock_action(action)
    if action.status != TreatmentStatus.PLANNED:
        raise DomainError(_("This action has ended and stays as it is."))
    _check_cost(facts.get("cost"))
    before, after = set_fields(action, facts, ACTION_FACTS)
    if after:
        check_row(action)
        action.save(update_fields=list(after))
        audit(action="risk.action_edit", obj=action.treatment.risk, actor=actor, at=at,
              before=before, after=after | {"action": action.title})  # fmt: skip
    return action


@verb
def finish_action(
    *, action: TreatmentAction, actor: User, at: datetime, note: str = ""
) -> TreatmentAction:
    """Say that an action is done."""
    return _end_action(action, TreatmentStatus.DONE, note, actor=actor, at=at)


@verb
def drop_action(
    *, action: TreatmentAction, note: str, actor: User, at: datetime
) -> TreatmentAction:
    """Say that an action will not be done, and why."""
    return _end_action(action, TreatmentStatus.DROPPED, need_reason(note), actor=actor, at=at)


def _check_cost(cost: float | None) -> None:
    if cost is not None and not 0 <= cost <= MOST_COST:
        raise BadFactsError(_("That is no amount of money."))


def _lock(treatment: Treatment) -> Treatment:
    rows = Treatment.objects.select_for_update(of=("self",)).select_related("risk")
    return rows.get(pk=treatment.pk)


def _lock_action(action: TreatmentAction) -> TreatmentAction:
    # The treatment first: whoever ends it waits for the same row.
    _lock(action.treatment)
    rows = TreatmentAction.objects.select_for_update(of=("self",))
    return rows.select_related("treatment__risk", "owner").get(pk=action.pk)


def _end(row: Treatment | TreatmentAction, to: TreatmentStatus, *, at: datetime) -> None:
    TREATMENT_LIFECYCLE.check(TreatmentStatus(row.status), to)
    row.status, row.ended_at = to, at
    row.save(update_fields=["status", "ended_at"])


def _tell(treatment: Treatment, note: str, *, actor: User, at: datetime) -> None:
    audit(
        action=f"risk.treatment_{treatment.status}",
        obj=treatment.risk,
        actor=actor,
        at=at,
        reason=need_reason(note),
        before={"treatment": TreatmentStatus.PLANNED.value},
        after={"treatment": str(treatment.status), "plan": treatment.plan},
    )


def _end_action(
    action: TreatmentAction, to: TreatmentStatus, note: str, *, actor: User, at: datetime
) -> TreatmentAction:
    action = _lock_action(action)
    _end(action, to, at=at)
    action.note, action.ended_by = note.strip()[:500], actor
    action.save(update_fields=["note", "ended_by"])
    audit(
        action=f"risk.action_{to.value}",
        obj=action.treatment.risk,
        actor=actor,
        at=at,
        reason=action.note,
        after={"action": action.title, "owner": action.owner.name},
    )
    return action
