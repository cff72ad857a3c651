"""Verbs of a playbook: drafted, published as a version that never changes, withdrawn."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError
from bcp_portal.shared.hashing import canonical_json, sha256_hex
from incidents.models import (
    VERSION_LIFECYCLE,
    EscalationPolicy,
    Phase,
    Playbook,
    PlaybookVersion,
    Step,
    VersionStatus,
)
from incidents.playbooks.plan import PhasePlan, PlaybookPlan, StepPlan
from incidents.playbooks.reader import ready_plans
from incidents.selectors.playbook import plan_of, publishing_problems


class PlaybookFixedError(DomainError):
    """A published version never changes."""


class OwnWorkError(DomainError):
    """Nobody approves what they have written."""


class PlaybookNotSoundError(DomainError):
    """The version cannot be published as it is."""


@verb
def draft_playbook(
    *, plan: PlaybookPlan, actor: User | None, at: datetime, **owners: User | None
) -> PlaybookVersion:
    """Write a plan down as a draft: the first version of a new playbook, or the next of an old one.

    The same content again makes no new version.
    """
    playbook, _is_new = Playbook.objects.get_or_create(
        code=plan.code, defaults=_describe(plan) | owners
    )
    latest = playbook.versions.order_by("-number").first()
    if latest is not None and plan_of(latest) == plan:
        return latest
    if latest is not None and latest.status == VersionStatus.DRAFT:
        rewrite_draft(version=latest, plan=plan, actor=actor, at=at)
        return latest
    number = (playbook.versions.aggregate(last=Max("number"))["last"] or 0) + 1
    version = PlaybookVersion.objects.create(
        playbook=playbook, number=number, created_at=at, created_by=actor
    )
    write_phases(version, plan.phases)
    audit(
        action="playbook.draft",
        obj=version,
        actor=actor,
        at=at,
        after={"title": plan.title, "digest": digest_of(plan)},
    )
    return version


@verb
def rewrite_draft(
    *, version: PlaybookVersion, plan: PlaybookPlan, actor: User | None, at: datetime
) -> PlaybookVersion:
    """Replace the content of a draft; what is published is never touched."""
    locked = PlaybookVersion.objects.select_for_update().get(pk=version.pk)
    if locked.status != VersionStatus.DRAFT:
        raise PlaybookFixedError(
            _("%(version)s is %(status)s and never changes. Start a new draft.")
            % {"version": locked.code, "status": locked.get_status_display().lower()}
        )
    before = digest_of(plan_of(locked))
    locked.phases.all().delete()
    write_phases(locked, plan.phases)
    Playbook.objects.filter(pk=locked.playbook_id).update(**_describe(plan))
    audit(
        action="playbook.rewrite",
        obj=locked,
        actor=actor,
        at=at,
        before={"digest": before},
        after={"digest": digest_of(plan)},
    )
    return locked


@verb
def publish_version(
    *, version: PlaybookVersion, actor: User | None, at: datetime, change_note: str = ""
) -> PlaybookVersion:
    """Make a draft the plan that runs copy, unless it would call nobody or too late."""
    playbook = Playbook.objects.select_for_update().get(pk=version.playbook_id)
    locked = PlaybookVersion.objects.select_for_update().get(pk=version.pk)
    VERSION_LIFECYCLE.check(VersionStatus(locked.status), VersionStatus.PUBLISHED)
    if actor is not None and locked.authors.filter(pk=actor.pk).exists():
        raise OwnWorkError(
            _("You wrote on %(version)s yourself; somebody else approves it.")
            % {"version": locked.code}
        )
    if problems := publishing_problems(locked, at=at):
        raise PlaybookNotSoundError(" ".join(problems))
    for standing in playbook.versions.filter(status=VersionStatus.PUBLISHED):
        withdraw_version(version=standing, actor=actor, at=at)
    locked.status = VersionStatus.PUBLISHED
    locked.digest = digest_of(plan_of(locked))
    locked.change_note = change_note
    locked.published_at, locked.published_by = at, actor
    locked.save(update_fields=["status", "digest", "change_note", "published_at", "published_by"])
    audit(
        action="playbook.publish",
        obj=locked,
        actor=actor,
        at=at,
        reason=change_note,
        after={"digest": locked.digest},
    )
    return locked


@verb
def withdraw_version(
    *, version: PlaybookVersion, actor: User | None, at: datetime, reason: str = ""
) -> PlaybookVersion:
    """Take a version out of use; runs that copied it go on."""
    locked = PlaybookVersion.objects.select_for_update().get(pk=version.pk)
    VERSION_LIFECYCLE.check(VersionStatus(locked.status), VersionStatus.WITHDRAWN)
    locked.status = VersionStatus.WITHDRAWN
    locked.withdrawn_at = at
    locked.save(update_fields=["status", "withdrawn_at"])
    audit(action="playbook.withdraw", obj=locked, actor=actor, at=at, reason=reason)
    return locked


@verb
def import_playbook(
    *, plan: PlaybookPlan, actor: User | None, at: datetime, publish: bool = False
) -> PlaybookVersion:
    """Take in a plan that somebody else wrote; a draft, unless publishing is asked for."""
    version = draft_playbook(plan=plan, actor=actor, at=at)
    if actor is not None and version.status == VersionStatus.DRAFT:
        version.authors.add(actor)
    if publish and version.status == VersionStatus.DRAFT:
        publish_version(version=version, actor=actor, at=at)
        version.refresh_from_db()
    return version


@verb
def load_ready_playbooks(
    *,
    actor: User | None,
    at: datetime,
    publish: bool = True,
    codes: Collection[str] | None = None,
    **owners: User | None,
) -> list[PlaybookVersion]:
    """Take in the plans that come with the portal, or those named; those already here stay.

    A plan that people have made into something else since is left alone.
    """
    versions = []
    for plan in ready_plans():
        if codes is not None and plan.code not in codes:
            continue
        if Playbook.objects.filter(code=plan.code).exists():
            continue
        version = draft_playbook(plan=plan, actor=actor, at=at, **owners)
        if publish and not publishing_problems(version, at=at):
            version = publish_version(version=version, actor=actor, at=at)
        versions.append(version)
    return versions


@verb
def set_phase_policy(
    *, phase: Phase, policy: EscalationPolicy | None, actor: User, at: datetime
) -> Phase:
    """Say whom a phase of a draft calls when it takes too long."""
    if phase.version.status != VersionStatus.DRAFT:
        raise PlaybookFixedError(_("%(version)s never changes.") % {"version": phase.version.code})
    phase.policy = policy
    phase.save(update_fields=["policy"])
    audit(
        action="playbook.policy",
        obj=phase.version,
        actor=actor,
        at=at,
        after={"phase": phase.name, "policy": policy.name if policy else None},
    )
    return phase


def digest_of(plan: PlaybookPlan) -> str:
    """The fingerprint of a plan's content."""
    return sha256_hex(canonical_json(plan.as_dict()))


def _describe(plan: PlaybookPlan) -> dict[str, Any]:
    return {
        "title": plan.title,
        "scenario": plan.scenario,
        "kinds": list(plan.kinds),
        "rules": list(plan.rules),
        "source": plan.source,
        "rto": plan.rto,
        "translations": plan.translations,
    }


def write_phases(version: PlaybookVersion, phases: Sequence[PhasePlan]) -> None:
    """Put the content of a version into rows."""
    policies = {policy.name: policy for policy in EscalationPolicy.objects.all()}
    for position, phase in enumerate(phases, start=1):
        row = Phase.objects.create(
            version=version,
            position=position,
            kind=phase.kind,
            name=phase.name,
            escalates_after=phase.escalates_after,
            policy=policies.get(phase.policy),
            translations=phase.translations,
        )
        Step.objects.bulk_create(
            _step(row, number, step) for number, step in enumerate(phase.steps, start=1)
        )


def _step(phase: Phase, position: int, step: StepPlan) -> Step:
    return Step(
        phase=phase,
        position=position,
        key=step.key,
        text=step.text,
        instructions=step.instructions,
        role=step.role,
        due_within=step.due_within,
        is_decision=step.is_decision,
        options=step.options,
        authority=step.authority,
        needs_second_person=step.needs_second_person,
        right=step.right,
        evidence=step.evidence,
        default_option=step.default_option,
        branch=step.branch,
        condition=step.condition,
        action=step.action,
        unfinished=step.unfinished,
        translations=step.translations,
    )
