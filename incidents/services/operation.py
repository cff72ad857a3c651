"""Verbs of operations that come from devices: each counts once, nothing is lost, nobody overruled.

What people do without a link comes later, twice, or out of order. Ticks are evidence and only grow;
what needs authority (a decision, a second person, closing) becomes a proposal for a person online.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, one_savepoint, verb
from bcp_portal.live.services import told_once
from bcp_portal.shared.errors import DomainError
from incidents.models import (
    Importance,
    Operation,
    OperationKind,
    OperationOutcome,
    PlaybookRun,
    RoleName,
    RunStatus,
    RunStep,
    StepStatus,
    TimelineKind,
)
from incidents.models.wording import message_id
from incidents.offline.payload import clean_payload
from incidents.offline.proposals import ORDER, PROPOSAL_WORDS, is_whole_order
from incidents.services.assignment import assign_later
from incidents.services.operation_log import Stamp, log_operation
from incidents.services.projection import follow_log
from incidents.services.run_books import RunBooks
from incidents.services.timeline import write_entry

_SETTLED = (StepStatus.DONE, StepStatus.SKIPPED)


class OperationRefusedError(DomainError):
    """This operation cannot count."""


@dataclass(frozen=True)
class Told:
    """One operation as a device tells it."""

    stamp: Stamp
    kind: OperationKind
    run: int
    step: int | None = None
    version: int | None = None
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """What became of one operation; telling it again gives the same."""

    op_id: str
    outcome: str
    detail: str
    cursor: int


@verb
def apply_operations(
    *, told: Iterable[Told], runs: dict[int, PlaybookRun], actor: User, at: datetime
) -> list[Result]:
    """Take a batch in, each operation exactly once, all in one transaction.

    `runs` holds the runs that the person may see; an operation on another one is refused and does
    not stop its neighbours.
    """
    asked = list(told)
    wanted = sorted({one.run for one in asked} & runs.keys())
    # In one order for everybody: two batches about the same runs must not wait for each other.
    locked = {
        run.pk: run
        for run in PlaybookRun.objects.select_for_update(of=("self",))
        .select_related("incident", "version__playbook")
        .filter(pk__in=wanted)
        .order_by("pk")
    }
    ids = [one.stamp.op_id for one in asked]
    known = {row.op_id: row for row in Operation.objects.filter(op_id__in=ids)}
    books = {pk: RunBooks(run) for pk, run in locked.items()}
    results: dict[str, Result] = {}
    with told_once():
        for one in sorted(asked, key=lambda each: (each.stamp.clock, str(each.stamp.op_id))):
            row = known.get(one.stamp.op_id)
            if row is None and one.run in locked:
                row = _take_in(one, books[one.run], actor=actor, at=at)
                known[row.op_id] = row
            results[str(one.stamp.op_id)] = _result(one, row, actor)
    return [results[str(one)] for one in dict.fromkeys(ids)]


def _result(one: Told, row: Operation | None, actor: User) -> Result:
    op_id = str(one.stamp.op_id)
    if row is None:
        return Result(op_id, "refused", _("This run is not known here."), 0)
    if row.actor_id != actor.pk:
        return Result(op_id, "refused", _("Somebody else has told this operation."), 0)
    return Result(op_id, row.outcome, row.detail, row.pk)


def _take_in(one: Told, books: RunBooks, *, actor: User, at: datetime) -> Operation:
    try:
        return perform_operation(told=one, books=books, actor=actor, at=at)
    except DomainError as refusal:
        books.forget()
        # Kept with its words, so that nothing a person wrote is lost; it counts for nothing.
        return log_operation(
            kind=one.kind, run=books.run, incident=books.run.incident, payload=one.payload,
            actor=actor, at=at, stamp=one.stamp, outcome=OperationOutcome.REFUSED,
            detail=str(refusal),
        )  # fmt: skip


@verb
def perform_operation(*, told: Told, books: RunBooks, actor: User, at: datetime) -> Operation:
    """Carry one operation out, or keep it as a proposal."""
    run = books.run
    if told.version is not None and told.version != run.version_id:
        raise OperationRefusedError(_("This run follows another version of the playbook."))
    step = None
    if told.step is not None:
        step = books.step(told.step)
        if step is None:
            raise OperationRefusedError(_("This step does not belong to the run."))
    clean = replace(told, payload=clean_payload(told.kind, told.payload))
    work = _Work(clean, books, step, actor, at)
    with one_savepoint():
        return _DO[told.kind](work)


@dataclass(frozen=True)
class _Work:
    """One operation with everything it is about."""

    told: Told
    books: RunBooks
    step: RunStep | None
    actor: User
    at: datetime

    @property
    def run(self) -> PlaybookRun:
        """The run that it is about."""
        return self.books.run

    def log(self, outcome: OperationOutcome, **changed: Any) -> Operation:
        """Write the operation down, with its outcome."""
        words: dict[str, Any] = {
            "kind": self.told.kind,
            "payload": self.told.payload,
            "step": self.step,
        } | changed
        return log_operation(
            run=self.run, incident=self.run.incident, actor=self.actor, at=self.at,
            stamp=self.told.stamp, outcome=outcome, **words,
        )  # fmt: skip

    def say(self, message: str, importance: Importance = Importance.NORMAL, **params: Any) -> None:
        """Tell the timeline, at the time at which it happened."""
        step = {"step": self.step.text if self.step else "", "from_device": True}
        write_entry(
            incident=self.run.incident, kind=TimelineKind.NOTE, message=message,
            params=step | params, actor=self.actor, at=self.at, importance=importance,
            happened_at=min(self.told.stamp.happened_at or self.at, self.at),
        )  # fmt: skip

    def audit(self, operation: Operation) -> Operation:
        """Note it in the trail."""
        audit(
            action=f"operation.{operation.kind}", obj=operation, actor=self.actor, at=self.at,
            after={"run": self.run.code, "outcome": operation.outcome, "op": str(operation.op_id)},
        )  # fmt: skip
        return operation


def _needs_person(step: RunStep, work: _Work) -> bool:
    """Whether this takes authority: a decision, a second person, a right that is not one's own."""
    lacks_right = bool(step.right) and not work.actor.has_perm(step.right)
    return step.is_decision or step.needs_second_person or lacks_right


def _lacks_proof(step: RunStep, work: _Work) -> bool:
    return bool(step.evidence) and not (step.note or work.told.payload.get("note", ""))


def _on_step(work: _Work) -> RunStep:
    if work.step is None:
        raise OperationRefusedError(_("The operation names no step."))
    return work.step


def _reason(work: _Work) -> str:
    reason = str(work.told.payload.get("reason", "")).strip()
    if not reason:
        raise OperationRefusedError(_("The operation gives no reason."))
    return reason


def _tick(work: _Work) -> Operation:
    step = _on_step(work)
    if _needs_person(step, work) or _lacks_proof(step, work):
        return _propose(work, what="tick")
    before = StepStatus(step.status)
    outcome = {
        StepStatus.DONE: OperationOutcome.CORROBORATED,
        StepStatus.SKIPPED: OperationOutcome.CLASHED,
    }.get(before, OperationOutcome.APPLIED)
    if work.run.status == RunStatus.ABANDONED:
        outcome = OperationOutcome.KEPT
    operation = work.log(outcome)
    clashes = follow_log(step=step, run=work.run, at=work.at, books=work.books)
    if outcome is OperationOutcome.CORROBORATED:
        work.say(gettext_noop("Also ticked: %(step)s"), Importance.DETAIL)
    _tell_clashes(work, operation, clashes)
    return work.audit(operation)


def _skip(work: _Work) -> Operation:
    step, _words = _on_step(work), _reason(work)
    if _needs_person(step, work):
        return _propose(work, what="skip")
    outcome = {
        StepStatus.DONE: OperationOutcome.CLASHED,
        StepStatus.SKIPPED: OperationOutcome.CORROBORATED,
    }.get(StepStatus(step.status), OperationOutcome.APPLIED)
    operation = work.log(outcome)
    clashes = follow_log(step=step, run=work.run, at=work.at, books=work.books)
    _tell_clashes(work, operation, clashes)
    return work.audit(operation)


def _untick(work: _Work) -> Operation:
    step, reason = _on_step(work), _reason(work)
    if _needs_person(step, work):
        return _propose(work, what="reopen")
    operation = work.log(OperationOutcome.APPLIED)
    was_settled = step.status in _SETTLED
    clashes = follow_log(step=step, run=work.run, at=work.at, books=work.books)
    if was_settled and step.status == StepStatus.OPEN:
        work.say(gettext_noop("Open again: %(step)s %(why)s"), why=reason)
    _tell_clashes(work, operation, clashes)
    return work.audit(operation)


def _note(work: _Work) -> Operation:
    text = str(work.told.payload.get("text", "")).strip()
    if not text:
        raise OperationRefusedError(_("The note is empty."))
    operation = work.log(OperationOutcome.APPLIED)
    if work.step is None:
        work.say("%(words)s", words=text)
    else:
        step = work.step
        step.note = f"{step.note}\n{text}".strip()
        step.save(update_fields=["note"])
        work.say(gettext_noop("On “%(step)s”: %(words)s"), words=text)
    return work.audit(operation)


def _evidence(work: _Work) -> Operation:
    text = str(work.told.payload.get("text", "")).strip()
    if not text:
        raise OperationRefusedError(_("Say what the evidence is and where it lies."))
    operation = work.log(OperationOutcome.APPLIED)
    digest = str(work.told.payload.get("sha256", ""))[:64]
    if digest:
        work.say(gettext_noop("Evidence: %(words)s (SHA-256 %(sha)s)"), words=text, sha=digest)
    else:
        work.say(gettext_noop("Evidence: %(words)s"), words=text)
    return work.audit(operation)


def _assign(work: _Work) -> Operation:
    payload = work.told.payload
    role = str(payload.get("role", ""))
    if role not in RoleName.values:
        raise OperationRefusedError(_("There is no such role."))
    if role == RoleName.COMMANDER:
        return _propose(work, what="command")
    if not work.actor.has_perm("incidents.run_incident"):
        raise OperationRefusedError(_("Only a commander gives roles away."))
    user = User.objects.filter(username=payload.get("user", ""), is_active=True).first()
    if user is None:
        raise OperationRefusedError(_("There is no such person."))
    operation = work.log(OperationOutcome.APPLIED)
    state = work.books.state()
    assign_later(
        operation=operation, user=user, role=role, last=state["roles"][role]["id"], at=work.at
    )
    _tell_clashes(work, operation, state["clashes"])
    return work.audit(operation)


def _ask(work: _Work) -> Operation:
    return _propose(work, what=str(work.told.payload.get("what", "")))


def _propose(work: _Work, *, what: str) -> Operation:
    if what not in PROPOSAL_WORDS:
        raise OperationRefusedError(_("Nobody can decide this from afar."))
    payload = work.told.payload | {"what": what}
    if what == ORDER and not is_whole_order(payload):
        raise OperationRefusedError(_("A proposed order says what, at which sites, and why."))
    chosen = str(payload.get("chosen", ""))
    step = work.step
    options = [key for key, _shown in step.choices] if step and step.is_decision else []
    if what == "tick" and options and chosen not in options:
        raise OperationRefusedError(_("This is not one of the options."))
    operation = work.log(OperationOutcome.PROPOSED, kind=OperationKind.PROPOSE, payload=payload)
    if step is None:
        words = gettext_noop(
            "Proposed without a link, waits for a person: %(what_label)s %(where)s"
        )
        where = str(payload.get("sites", ""))
        label = message_id(PROPOSAL_WORDS[what])
        work.say(words, Importance.KEY, what_label=label, where=where)
    else:
        words = gettext_noop("Proposed without a link, waits for a person: %(what)s")
        work.say(words, Importance.KEY, what=f"{step.text} → {chosen}" if chosen else step.text)
    return work.audit(operation)


def _online_only(work: _Work) -> Operation:
    raise OperationRefusedError(_("This needs a person online."))


def _tell_clashes(work: _Work, operation: Operation, clashes: Iterable[dict[str, Any]]) -> None:
    """Say it in the timeline when this operation contradicts another one."""
    for clash in clashes:
        if clash["open"] and str(operation.op_id) in clash["sides"]:
            work.say(
                gettext_noop("Two devices disagree; what holds now: %(holds_label)s"),
                Importance.KEY,
                holds_label=clash["holds"],
            )


_DO: dict[OperationKind, Callable[[_Work], Operation]] = {
    OperationKind.TICK: _tick,
    OperationKind.UNTICK: _untick,
    OperationKind.SKIP: _skip,
    OperationKind.NOTE: _note,
    OperationKind.EVIDENCE: _evidence,
    OperationKind.ASSIGN: _assign,
    OperationKind.PROPOSE: _ask,
    OperationKind.ANSWER: _online_only,
    OperationKind.SETTLE: _online_only,
}
