"""Whether somebody may tick a step: the right that the plan names, and the proof it asks for."""

from django.utils.translation import gettext as _

from bcp_portal.accounts.models import User
from bcp_portal.shared.errors import DomainError, NotAllowedError
from incidents.models import RunStep, StepRight


class EvidenceMissingError(DomainError):
    """The plan wants proof, and nobody wrote any."""


def check_right(step: RunStep, *, actor: User | None) -> None:
    """Refuse whoever lacks the right that the plan names.

    Where it takes two people, the one who confirms must have it: one asks, one answers for it.
    """
    if not step.right or actor is None or actor.has_perm(step.right):
        return
    known = dict(StepRight.choices)
    raise NotAllowedError(
        _("“%(step)s” takes somebody with this right: %(right)s.")
        % {"step": step.said("text"), "right": known.get(step.right, step.right)}
    )


def check_evidence(step: RunStep, *, note: str) -> None:
    """Refuse a tick without the words that prove it, where the plan asks for proof."""
    if step.evidence and not (note.strip() or step.note.strip()):
        raise EvidenceMissingError(
            _("“%(step)s” needs proof in the note: %(evidence)s.")
            % {"step": step.said("text"), "evidence": step.said("evidence")}
        )
