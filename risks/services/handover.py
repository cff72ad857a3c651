"""Verbs that give what one person answers for in the register to another."""

from datetime import datetime

from django.utils.translation import gettext as _

from bcp_portal.accounts.models import User
from bcp_portal.accounts.services.handover import give_row
from bcp_portal.audit.verbs import verb
from bcp_portal.shared.errors import DomainError
from risks.models import Acceptance, Control, Indicator, Plan, Risk, Treatment, TreatmentAction
from risks.services.control import edit_control
from risks.services.indicator import edit_indicator
from risks.services.plan import edit_plan
from risks.services.risk import edit_risk, hand_over_risk


@verb
def give_risk(*, row: Risk, to: User, actor: User, at: datetime) -> None:
    """Let another person answer for a risk."""
    hand_over_risk(risk=row, owner=to, actor=actor, at=at)


@verb
def give_business(*, row: Risk, to: User, actor: User, at: datetime) -> None:
    """Name another business owner of a risk."""
    edit_risk(risk=row, facts={"business_owner": to}, actor=actor, at=at)


@verb
def give_control(*, row: Control, to: User, actor: User, at: datetime) -> None:
    """Name another owner of a control."""
    edit_control(control=row, facts={"owner": to}, actor=actor, at=at)


@verb
def give_indicator(*, row: Indicator, to: User, actor: User, at: datetime) -> None:
    """Name another owner of an indicator."""
    edit_indicator(indicator=row, facts={"owner": to}, actor=actor, at=at)


@verb
def give_plan(*, row: Plan, to: User, actor: User, at: datetime) -> None:
    """Name another owner of a plan; its text stays."""
    edit_plan(
        plan=row,
        facts={"owner": to},
        assets=list(row.assets.all()),
        playbooks=list(row.playbooks.all()),
        actor=actor,
        at=at,
    )


@verb
def give_treatment(*, row: Treatment, to: User, actor: User, at: datetime) -> None:
    """Let another person see a treatment through."""
    give_row(row=row, to=to, actor=actor, at=at, holder="owner",
             action="risk.treatment_hand_over", about=row.risk)  # fmt: skip


@verb
def give_action(*, row: TreatmentAction, to: User, actor: User, at: datetime) -> None:
    """Let another person do what is to be done."""
    give_row(row=row, to=to, actor=actor, at=at, holder="owner",
             action="risk.action_hand_over", about=row.treatment.risk)  # fmt: skip


@verb
def give_acceptance(*, row: Acceptance, to: User, actor: User, at: datetime) -> None:
    """Let another person decide about an acceptance; never the one who asked for it."""
    if row.asked_by_id == to.pk:
        words = _("%(name)s asked for the acceptance of %(code)s and cannot decide it, too.")
        raise DomainError(words % {"name": to.name, "code": row.risk.code})
    give_row(row=row, to=to, actor=actor, at=at, holder="approver",
             action="risk.acceptance_hand_over", about=row.risk)  # fmt: skip
