"""Verbs of a control."""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db.models.functions import Length
from django.utils.translation import gettext as _

from assets.changes import BadFactsError, check_row, need_reason, plain, set_fields
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError
from risks.basic_controls import BASIC_CONTROLS
from risks.filing import ForbiddenFileError, check_file
from risks.models import Control, ControlTest, Effectiveness, Risk, RiskControl
from risks.services.risk import lock_in_force

CONTROL_FACTS = ("name", "kind", "nature", "description", "owner", "yearly_cost")


class ControlWithdrawnError(DomainError):
    """The control is no longer in place."""


@verb
def introduce_control(
    *, facts: Mapping[str, Any], code: str = "", actor: User | None, at: datetime
) -> Control:
    """Put a measure into the catalogue; nobody has tested it yet."""
    control = Control(code=code.strip().upper() or _next_code())
    set_fields(control, facts, CONTROL_FACTS)
    check_row(control)
    control.save()
    after = {"code": control.code} | {name: plain(getattr(control, name)) for name in facts}
    audit(action="control.introduce", obj=control, actor=actor, at=at, after=after)
    return control


@verb
def edit_control(
    *, control: Control, facts: Mapping[str, Any], actor: User, at: datetime
) -> Control:
    """Correct what is said about a control."""
    control = _lock(control)
    before, after = set_fields(control, facts, CONTROL_FACTS)
    if after:
        check_row(control)
        control.save(update_fields=list(after))
        audit(action="control.edit", obj=control, actor=actor, at=at, before=before, after=after)
    return control


@verb
def record_control_test(
    *,
    control: Control,
    effectiveness: str,
    note: str,
    design: str = "",
    tested_on: date | None = None,
    proof: tuple[str, bytes] | None = None,
    actor: User | None,
    at: datetime,
) -> Control:
    """Say what a test of the control showed: its operation, and its design if that was looked at.

    `proof` is a file by name and content; it is kept with its hash.
    """
    control = _lock(control)
    if effectiveness == Effectiveness.UNTESTED:
        raise BadFactsError(_("A test has a result: strong, partial or weak."))
    on = tested_on or at.date()
    if on > at.date():
        raise BadFactsError(_("A test lies in the past."))
    found = {"effectiveness": effectiveness, "tested_on": on}
    found |= {"design": design} if design else {}
    # A test of long ago that is noted now is history; what is known of later holds.
    is_newest = control.tested_on is None or on >= control.tested_on
    before, after = set_fields(control, found if is_newest else {}, tuple(found))
    check_row(control)
    control.save(update_fields=list(found))
    test = ControlTest(control=control, tested_by=actor, recorded_at=at, **found, **_kept(proof))
    test.note = need_reason(note)
    check_row(test)
    test.save()
    if test.file_name:
        after |= {"proof": test.file_name, "sha256": test.sha256}
    audit(
        action="control.test",
        obj=control,
        actor=actor,
        at=at,
        reason=test.note,
        before=before,
        after=after,
    )
    return control


def _kept(proof: tuple[str, bytes] | None) -> dict[str, Any]:
    if proof is None:
        return {}
    name, content = proof
    try:
        checked = check_file(name, content)
    except ForbiddenFileError as refusal:
        raise BadFactsError(str(refusal)) from refusal
    return {
        "file_name": checked.name,
        "file_kind": checked.kind,
        "sha256": hashlib.sha256(content).hexdigest(),
        "content": content,
    }


@verb
def take_over_basic_controls(*, actor: User, at: datetime) -> list[Control]:
    """Introduce what the basic list has and the catalogue has not; whoever does it owns it.

    A control that was withdrawn keeps its code and is not brought back behind anybody's back.
    """
    known = set(Control.objects.values_list("code", flat=True))
    taken = [
        introduce_control(
            facts={
                "name": str(one.name),
                "description": str(one.description),
                "kind": one.kind.value,
                "nature": one.nature.value,
                "owner": actor,
            },
            code=one.code,
            actor=actor,
            at=at,
        )
        for one in BASIC_CONTROLS
        if one.code not in known
    ]
    if not taken:
        raise BadFactsError(_("Every control of the basic list is here."))
    return taken


@verb
def withdraw_control(*, control: Control, reason: str, actor: User, at: datetime) -> Control:
    """Say that a measure is no longer in place; the risks it held down show it."""
    control = _lock(control)
    control.withdrawn_on = at.date()
    control.save(update_fields=["withdrawn_on"])
    audit(
        action="control.withdraw",
        obj=control,
        actor=actor,
        at=at,
        reason=need_reason(reason),
        before={"withdrawn_on": None},
        after={"withdrawn_on": plain(control.withdrawn_on)},
    )
    return control


@verb
def apply_control(
    *,
    risk: Risk,
    control: Control,
    note: str = "",
    cuts_rate: float = 0,
    cuts_loss: float = 0,
    actor: User | None,
    at: datetime,
) -> RiskControl:
    """Say that a control holds down a risk."""
    risk = lock_in_force(risk)
    link = RiskControl(
        risk=risk, control=_lock(control), note=note, cuts_rate=cuts_rate, cuts_loss=cuts_loss
    )
    check_row(link)
    link.save()
    after = {"control": control.code, "note": note}
    audit(action="risk.control", obj=risk, actor=actor, at=at, after=after)
    return link


@verb
def remove_control(*, link: RiskControl, actor: User, at: datetime) -> None:
    """Say that a control does not hold down this risk after all."""
    before = {"control": link.control.code}
    audit(action="risk.control", obj=link.risk, actor=actor, at=at, before=before)
    link.delete()


def _lock(control: Control) -> Control:
    control = Control.objects.select_for_update(of=("self",)).get(pk=control.pk)
    if control.withdrawn_on is not None:
        raise ControlWithdrawnError(_("%(code)s has been withdrawn.") % {"code": control.code})
    return control


def _next_code() -> str:
    codes = Control.objects.filter(code__regex=r"^C-[0-9]+$").order_by(
        Length("code").desc(), "-code"
    )
    last = codes.values_list("code", flat=True).first() or "C-0"
    return f"C-{int(last[2:]) + 1:03d}"
