"""Verbs of the witnesses: hold what devices remember against the trail, explain what differs."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bcp_portal.accounts.models import User
from bcp_portal.audit.models import AuditCheckpoint, AuditKey, ChainCheck
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.audit.verifier import Key, note_body, read_witness, signers
from bcp_portal.shared.errors import DomainError, NotAllowedError
from telemetry.models import AuditWitness, Signal, SignalRule, WitnessState
from telemetry.services.signal import Claim, assert_claim, close_signal

MOST_AT_ONCE = 2000
TRAIL = "trail"


class NothingToExplainError(DomainError):
    """The trail and this device agree."""


@verb
def compare_witnesses(*, at: datetime) -> str:
    """Hold what devices remember against the signed checkpoints; a contradiction is an alarm."""
    waiting = list(
        AuditWitness.objects.filter(state=WitnessState.UNCHECKED)
        .select_related("device__site")
        .order_by("device_id")[:MOST_AT_ONCE]
    )
    keys = [row.key for row in AuditKey.objects.all()]
    told = {witness.pk: read_witness(witness.told) for witness in waiting}
    sizes = {one.size for one in told.values() if one is not None}
    roots = dict(AuditCheckpoint.objects.filter(pk__in=sizes).values_list("size", "root"))
    for witness in waiting:
        one = told[witness.pk]
        witness.size = one.size if one else None
        if one is not None and roots.get(one.size) == one.root.hex():
            witness.state = WitnessState.AGREES
        elif one is not None and is_ours(witness.told, keys):
            _accuse(witness, at=at)
        else:
            # Whoever holds a device's token can make words up; only our signature makes them count.
            witness.state = WitnessState.UNPROVEN
    fields = ["size", "state", "mismatch_told", "mismatch_at", "settled_at", "settled_by"]
    AuditWitness.objects.bulk_update(waiting, [*fields, "proposed_by", "settle_reason"])
    _speak(at=at)
    accusing = sum(witness.state == WitnessState.MISMATCH for witness in waiting)
    return f"{len(waiting)} compared, {accusing} contradict"


def is_ours(line: str, keys: list[Key]) -> bool:
    """Whether a remembered line carries a signature of this portal."""
    one, signature = read_witness(line), line.rsplit(" ", 1)[-1]
    if one is None:
        return False
    return any(
        signers(f"{note_body(key.name, one.size, one.root)}\n— {key.name} {signature}\n", [key])
        for key in keys
    )


@verb
def settle_witness(*, witness: AuditWitness, actor: User, at: datetime, reason: str) -> None:
    """Explain a contradiction, for example by a restored backup: one proposes, another agrees."""
    locked = AuditWitness.objects.select_for_update().get(pk=witness.pk)
    if not locked.is_accusing:
        raise NothingToExplainError(_("The trail and this device do not contradict each other."))
    if locked.proposed_by_id is None:
        if not reason.strip():
            raise DomainError(_("Say why the trail is not what it was."))
        locked.proposed_by, locked.settle_reason = actor, reason.strip()
        action = "audit.witness_explain"
    elif locked.proposed_by_id == actor.pk:
        raise NotAllowedError(_("A second person has to agree with your explanation."))
    else:
        locked.settled_by, locked.settled_at = actor, at
        action = "audit.witness_settle"
    locked.save()
    audit(action=action, obj=locked, actor=actor, at=at, reason=reason or locked.settle_reason)
    _speak(at=at)


def _accuse(witness: AuditWitness, *, at: datetime) -> None:
    witness.state = WitnessState.MISMATCH
    if witness.mismatch_told == witness.told:
        return  # the same words again: told once, explained once
    witness.mismatch_told, witness.mismatch_at = witness.told, at
    witness.settled_at = witness.settled_by = witness.proposed_by = None
    witness.settle_reason = ""
    audit(
        action="audit.witness_mismatch",
        obj=witness,
        actor=None,
        at=at,
        after={"witness": witness.told, "device": str(witness.device)},
    )


def _speak(*, at: datetime) -> None:
    """Bring the signals in step: one for each accusing device, one for a broken trail."""
    claims = [_claim(witness) for witness in AuditWitness.objects.accusing().for_list()]
    check = ChainCheck.objects.exclude(broken_seq=None).first()
    if check is not None:
        claims.append(
            Claim(
                rule=SignalRule.AUDIT_MISMATCH,
                key=TRAIL,
                severity=1,
                title=gettext_noop("The audit trail was changed: %(problem)s"),
                began_at=check.walked_at or at,
                params={"problem": check.problem},
            )
        )
    for claim in claims:
        assert_claim(claim=claim, at=at)
    over = Signal.objects.open().filter(rule=SignalRule.AUDIT_MISMATCH)
    for signal in over.exclude(key__in=[claim.key for claim in claims]):
        close_signal(signal=signal, at=at)


def _claim(witness: AuditWitness) -> Claim:
    return Claim(
        rule=SignalRule.AUDIT_MISMATCH,
        key=f"witness:{witness.pk}",
        severity=1,
        title=gettext_noop("%(device)s remembers %(size)s rows that the audit trail does not have"),
        began_at=witness.mismatch_at or witness.told_at,
        params={"device": str(witness.device), "size": witness.mismatch_told.split(" ")[0]},
        site_id=witness.device.site_id,
        device_id=witness.device_id,
    )
