"""Verbs of what waits for a person online: a proposal is answered, a clash is settled."""

from collections.abc import Callable
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError, NotAllowedError
from incidents.models import (
    Importance,
    Operation,
    OperationKind,
    PlaybookRun,
    RunStep,
    TimelineKind,
)
from incidents.models.wording import message_id
from incidents.offline.proposals import ORDER, PROPOSAL_WORDS
from incidents.services.incident import close_incident, contain_incident, recover_incident
from incidents.services.operation_log import Stamp, fold_of, log_operation
from incidents.services.projection import follow_log
from incidents.services.role import take_role
from incidents.services.run_step import complete_step, reopen_step, skip_step
from incidents.services.timeline import write_entry

_MOVES = {
    "contain": ("incidents.run_incident", contain_incident),
    "recover": ("incidents.run_incident", recover_incident),
    "close": ("incidents.close_incident", close_incident),
}


class AnsweredError(DomainError):
    """Somebody has answered this already."""


@verb
def answer_proposal(
    *,
    proposal: Operation,
    accepted: bool,
    actor: User,
    at: datetime,
    reason: str = "",
    stamp: Stamp | None = None,
) -> Operation:
    """Say yes or no to what was proposed without a link; yes carries it out, in one's own name."""
    run = _locked(proposal.run)
    answers = Operation.objects.filter(run=run, kind=OperationKind.ANSWER)
    if answers.filter(payload__proposal=str(proposal.op_id)).exists():
        raise AnsweredError(_("Somebody has answered this proposal already."))
    answer = log_operation(
        kind=OperationKind.ANSWER, run=run, incident=run.incident, step=proposal.step,
        payload={"proposal": str(proposal.op_id), "accepted": accepted, "reason": reason},
        actor=actor, at=at, stamp=stamp,
    )  # fmt: skip
    if accepted:
        _carry_out(proposal, words=reason, actor=actor, at=at)
    _tell_answer(run, proposal, accepted=accepted, actor=actor, at=at, reason=reason)
    audit(
        action="operation.answer", obj=proposal, actor=actor, at=at, reason=reason,
        after={"accepted": accepted},
    )  # fmt: skip
    return answer


@verb
def settle_clash(
    *,
    run: PlaybookRun,
    key: str,
    keep: str,
    reason: str,
    actor: User,
    at: datetime,
    stamp: Stamp | None = None,
) -> Operation:
    """Say which side of a clash holds, and why; what the other side did stays on record."""
    if not reason.strip():
        raise DomainError(_("Say why."))
    run = _locked(run)
    clash = next((one for one in fold_of(run)["clashes"] if one["key"] == key), None)
    if clash is None or not clash["open"]:
        raise AnsweredError(_("This clash has been settled."))
    step = RunStep.objects.select_related("phase__run__incident").filter(
        pk=clash["step"] or 0, phase__run=run
    ).first()  # fmt: skip
    rows = Operation.objects.filter(op_id__in=clash["sides"]).values_list("op_id", "kind")
    sides = {str(op_id): str(kind) for op_id, kind in rows}
    settled = log_operation(
        kind=OperationKind.SETTLE, run=run, incident=run.incident, step=step,
        payload={
            "clash": key,
            "seen": clash["sides"],
            "undoes": _losers(clash["kind"], sides, keep),
            "keep": keep,
            "reason": reason,
        },
        actor=actor, at=at, stamp=stamp,
    )  # fmt: skip
    if step is not None:
        follow_log(step=step, run=run, at=at)
    words = gettext_noop("Clash settled: %(step)s. %(reason)s")
    _tell(run, words, actor=actor, at=at, step=step.text if step else key, reason=reason)
    audit(
        action="operation.settle", obj=settled, actor=actor, at=at, reason=reason,
        after={"clash": key, "keep": keep},
    )  # fmt: skip
    return settled


def _losers(kind: str, sides: dict[str, str], keep: str) -> list[str]:
    """What no longer counts: of done and skipped the other one, of a doubted tick the ticks."""
    lost = {
        ("done_skipped", "done"): "skip",
        ("done_skipped", "skipped"): "tick",
        ("taken_back", "open"): "tick",
    }.get((kind, keep))
    if lost is None and (kind, keep) not in (("taken_back", "done"), ("role", "as_is")):
        raise DomainError(_("This cannot be kept."))
    return sorted(op_id for op_id, of_kind in sides.items() if of_kind == lost)


def _carry_out(proposal: Operation, *, words: str, actor: User, at: datetime) -> None:
    what, said = str(proposal.payload.get("what", "")), {"note": words} | proposal.payload
    if what in _MOVES:
        permission, move = _MOVES[what]
        _check(actor, permission)
        move(incident=proposal.incident, actor=actor, at=at)
    elif what == "command":
        _check(actor, "incidents.run_incident")
        user = User.objects.filter(username=said.get("user", ""), is_active=True).first()
        if user is None:
            raise DomainError(_("There is no such person."))
        take_role(incident=proposal.incident, user=user, actor=actor, at=at)
    elif what == ORDER:
        # Given on its own page, after a fresh sign-in: this only says that somebody takes it up.
        _check(actor, "telemetry.give_order")
    elif proposal.step is not None:
        _on_step(what)(proposal.step, said, actor, at)


def _on_step(what: str) -> Callable[[RunStep, dict[str, object], User, datetime], object]:
    reason = "reason"
    return {
        "tick": lambda step, said, actor, at: complete_step(
            step=step, chosen=str(said.get("chosen", "")), note=str(said.get("note", "")),
            actor=actor, at=at,
        ),
        "skip": lambda step, said, actor, at: skip_step(
            step=step, reason=str(said.get(reason, "")), actor=actor, at=at
        ),
        "reopen": lambda step, said, actor, at: reopen_step(
            step=step, reason=str(said.get(reason, "")), actor=actor, at=at
        ),
    }[what]  # fmt: skip


def _check(actor: User, permission: str) -> None:
    if not actor.has_perm(permission):
        raise NotAllowedError(_("Somebody who commands has to accept this."))


def _tell_answer(
    run: PlaybookRun, proposal: Operation, *, accepted: bool, actor: User, at: datetime, reason: str
) -> None:
    said, step = proposal.payload, proposal.step
    if step is None:
        words = (
            gettext_noop("Proposal accepted: %(what_label)s %(where)s")
            if accepted
            else gettext_noop("Proposal declined: %(what_label)s %(where)s %(reason)s")
        )
        label = PROPOSAL_WORDS.get(str(said.get("what", "")), "")
        about = {"what_label": message_id(label), "where": str(said.get("sites", ""))}
    else:
        words = (
            gettext_noop("Proposal accepted: %(what)s")
            if accepted
            else gettext_noop("Proposal declined: %(what)s %(reason)s")
        )
        chosen = str(said.get("chosen", ""))
        about = {"what": f"{step.text} → {chosen}" if chosen else step.text}
    _tell(run, words, actor=actor, at=at, reason=reason, **about)


def _locked(run: PlaybookRun | None) -> PlaybookRun:
    assert run is not None
    return (
        PlaybookRun.objects.select_for_update(of=("self",))
        .select_related("incident", "version__playbook")
        .get(pk=run.pk)
    )


def _tell(run: PlaybookRun, words: str, *, actor: User, at: datetime, **params: str) -> None:
    write_entry(
        incident=run.incident, kind=TimelineKind.DECISION, message=words, params=params,
        actor=actor, at=at, importance=Importance.KEY,
    )  # fmt: skip
