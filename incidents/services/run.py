"""Verbs of a run: a playbook version is copied, carried out step by step, and finished."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError
from incidents.models import (
    RUN_LIFECYCLE,
    Importance,
    Incident,
    Phase,
    PlaybookRun,
    PlaybookVersion,
    RunPhase,
    RunStatus,
    RunStep,
    Step,
    TimelineKind,
    VersionStatus,
)
from incidents.selectors.authority import authority_in_force
from incidents.selectors.duty import policy_snapshot
from incidents.services.run_phase import drop_deadlines, open_next_phase
from incidents.services.timeline import write_entry

_COPIED_STEP = (
    "position", "key", "text", "instructions", "role", "due_within", "is_decision", "options",
    "authority", "needs_second_person", "right", "evidence", "default_option", "branch",
    "condition", "action", "translations",
)  # fmt: skip
_COPIED_PHASE = ("position", "kind", "name", "escalates_after", "translations")


class VersionNotUsableError(DomainError):
    """Only a published version may be run."""


class RunStandsError(DomainError):
    """This plan is already being carried out here."""


class RunUnfinishedError(DomainError):
    """A run is finished when no step is left."""


@verb
def start_run(
    *, incident: Incident, version: PlaybookVersion, actor: User | None, at: datetime
) -> PlaybookRun:
    """Copy a playbook version into a run and open its first phase."""
    if version.status != VersionStatus.PUBLISHED:
        raise VersionNotUsableError(
            _("%(version)s is not published and cannot be run.") % {"version": version.code}
        )
    if not incident.is_open:
        raise RunStandsError(_("%(code)s is over.") % {"code": incident.code})
    try:
        with transaction.atomic():
            run = PlaybookRun.objects.create(
                incident=incident,
                version=version,
                mode=incident.mode,
                digest=version.digest,
                started_at=at,
                started_by=actor,
            )
    except IntegrityError as error:
        raise RunStandsError(
            _("%(version)s is already being carried out in %(code)s.")
            % {"version": version.code, "code": incident.code}
        ) from error
    _copy(version, run)
    _tell(run, gettext_noop("Playbook started: %(title)s"), actor=actor, at=at)
    audit(
        action="run.start",
        obj=run,
        actor=actor,
        at=at,
        after={"incident": incident.code, "version": version.code, "digest": version.digest},
    )
    open_next_phase(run=run, at=at)
    return run


@verb
def finish_run(*, run: PlaybookRun, actor: User | None, at: datetime) -> PlaybookRun:
    """Put the plan away as carried out."""
    locked = PlaybookRun.objects.select_for_update().get(pk=run.pk)
    RUN_LIFECYCLE.check(RunStatus(locked.status), RunStatus.FINISHED)
    if left := RunStep.objects.pending().filter(phase__run=locked).count():
        raise RunUnfinishedError(_("%(count)s steps are still open.") % {"count": left})
    return _end(locked, RunStatus.FINISHED, actor=actor, at=at)


@verb
def abandon_run(*, run: PlaybookRun, actor: User | None, at: datetime, reason: str) -> PlaybookRun:
    """Stop following the plan, and say why."""
    if not reason.strip():
        raise DomainError(_("Say why the plan is given up."))
    locked = PlaybookRun.objects.select_for_update().get(pk=run.pk)
    RUN_LIFECYCLE.check(RunStatus(locked.status), RunStatus.ABANDONED)
    locked.abandon_reason = reason[:300]
    return _end(locked, RunStatus.ABANDONED, actor=actor, at=at)


@verb
def abandon_runs(*, incident: Incident, actor: User | None, at: datetime, reason: str) -> int:
    """The incident is over: what is still being carried out in it is given up."""
    running = list(incident.runs.filter(status=RunStatus.RUNNING))
    for run in running:
        abandon_run(run=run, actor=actor, at=at, reason=reason)
    return len(running)


def _copy(version: PlaybookVersion, run: PlaybookRun) -> None:
    """Copy as rows, so that it can be ticked; editing the plan changes nothing here."""
    phases = (
        Phase.objects.filter(version=version)
        .select_related("policy__fallback")
        .prefetch_related("policy__levels__targets")
        .order_by("position")
    )
    steps: list[RunStep] = []
    matrix, severity = authority_in_force(), run.incident.severity
    for phase in phases:
        copy = RunPhase.objects.create(
            run=run,
            policy_snapshot=policy_snapshot(phase.policy) if phase.policy else {},
            **{name: getattr(phase, name) for name in _COPIED_PHASE},
        )
        steps.extend(
            _copy_of(step, copy, needs_second=matrix.takes_two(step.right, severity=severity))
            for step in Step.objects.filter(phase=phase).order_by("position")
        )
    RunStep.objects.bulk_create(steps)


def _copy_of(step: Step, phase: RunPhase, *, needs_second: bool) -> RunStep:
    """A step as it stands in the plan; the authority matrix may ask for one person more."""
    copy = RunStep(phase=phase, **{name: getattr(step, name) for name in _COPIED_STEP})
    copy.needs_second_person = copy.needs_second_person or needs_second
    return copy


def _end(run: PlaybookRun, to: RunStatus, *, actor: User | None, at: datetime) -> PlaybookRun:
    was = run.status
    run.status = to
    run.finished_at = at
    run.save(update_fields=["status", "finished_at", "abandon_reason"])
    drop_deadlines(run=run, at=at)
    words = (
        gettext_noop("Playbook finished: %(title)s")
        if to is RunStatus.FINISHED
        else gettext_noop("Playbook given up: %(title)s. %(reason)s")
    )
    _tell(run, words, actor=actor, at=at)
    audit(
        action=f"run.{to.value}",
        obj=run,
        actor=actor,
        at=at,
        reason=run.abandon_reason,
        before={"status": was},
        after={"status": to},
    )
    return run


def _tell(run: PlaybookRun, words: str, *, actor: User | None, at: datetime) -> None:
    write_entry(
        incident=run.incident,
        kind=TimelineKind.STEP,
        message=words,
        params={"title": run.version.playbook.spoken("title"), "reason": run.abandon_reason},
        actor=actor,
        at=at,
        importance=Importance.KEY,
    )
