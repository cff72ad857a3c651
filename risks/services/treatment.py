"""Verbs of a treatment."""

from datetime import date, datetime

from django.utils.translation import gettext as _

from assets.changes import BadFactsError, check_row, need_reason, plain
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from risks.models import MOST_COST, TREATMENT_LIFECYCLE, Risk, Treatment, TreatmentStatus
from risks.services.risk import lock_in_force


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
    if cost is not None and not 0 <= cost <= MOST_COST:
        raise BadFactsError(_("That is no amount of money."))
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
    """Say that a treatment is in place."""
    return _end(treatment, TreatmentStatus.DONE, note, actor=actor, at=at)


@verb
def drop_treatment(*, treatment: Treatment, note: str, actor: User, at: datetime) -> Treatment:
    """Say that a treatment will not come, and why."""
    return _end(treatment, TreatmentStatus.DROPPED, note, actor=actor, at=at)


def _end(
    treatment: Treatment, to: TreatmentStatus, note: str, *, actor: User, at: datetime
) -> Treatment:
    treatment = Treatment.objects.select_for_update(of=("self",)).get(pk=treatment.pk)
    was = TreatmentStatus(treatment.status)
    TREATMENT_LIFECYCLE.check(was, to)
    treatment.status, treatment.ended_at = to, at
    treatment.save(update_fields=["status", "ended_at"])
    audit(
        action=f"risk.treatment_{to.value}",
        obj=treatment.risk,
        actor=actor,
        at=at,
        reason=need_reason(note),
        before={"treatment": was.value},
        after={"treatment": to.value, "plan": treatment.plan},
    )
    return treatment
