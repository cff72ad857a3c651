"""Verbs of a draft: begun, edited step by step, handed in for approval, sent back."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError
from incidents.models import NoticeKind, Playbook, PlaybookVersion, VersionStatus
from incidents.playbooks.edit import Change, with_keys
from incidents.playbooks.plan import PhasePlan, PlaybookPlan
from incidents.selectors.playbook import approvers_of, plan_of, publishing_problems
from incidents.services.notice import write_notice
from incidents.services.playbook import (
    PlaybookFixedError,
    PlaybookNotSoundError,
    digest_of,
    draft_playbook,
    rewrite_draft,
    write_phases,
)


class PlaybookTakenError(DomainError):
    """There is a playbook with this code."""


@verb
def new_playbook(
    *, plan: PlaybookPlan, business_owner: User | None, actor: User, at: datetime
) -> PlaybookVersion:
    """Begin a playbook of one's own as an empty draft."""
    if Playbook.objects.filter(code=plan.code).exists():
        raise PlaybookTakenError(_("There is a playbook %(code)s already.") % {"code": plan.code})
    owners = {"business_owner": business_owner, "technical_owner": actor}
    version = draft_playbook(plan=plan, actor=actor, at=at, **owners)
    version.authors.add(actor)
    return version


@verb
def start_draft(*, playbook: Playbook, actor: User, at: datetime) -> PlaybookVersion:
    """Copy the newest version into a draft that may be edited; one that stands goes on."""
    held = Playbook.objects.select_for_update().get(pk=playbook.pk)
    latest = held.versions.order_by("-number").first()
    if latest is not None and latest.status == VersionStatus.DRAFT:
        return latest
    source = held.versions.filter(status=VersionStatus.PUBLISHED).first() or latest
    phases: tuple[PhasePlan, ...] = with_keys(plan_of(source)).phases if source else ()
    version = PlaybookVersion.objects.create(
        playbook=held,
        number=(latest.number if latest else 0) + 1,
        created_at=at,
        created_by=actor,
    )
    write_phases(version, phases)
    audit(action="playbook.draft", obj=version, actor=actor, at=at)
    return version


@verb
def edit_draft(
    *, version: PlaybookVersion, change: Change, actor: User, at: datetime, seen: str = ""
) -> PlaybookVersion:
    """Change a draft; whoever does so is an author and cannot approve it.

    With `seen`, the fingerprint of what the person had before them, a change that somebody else
    made meanwhile is never overwritten.
    """
    locked = PlaybookVersion.objects.select_for_update().get(pk=version.pk)
    _refuse_fixed(locked)
    before = with_keys(plan_of(locked))
    if seen and seen != digest_of(before):
        raise PlaybookFixedError(
            _("Somebody else changed this draft meanwhile. What you typed is kept; look again.")
        )
    rewrite_draft(version=locked, plan=change(before), actor=actor, at=at)
    locked.authors.add(actor)
    if locked.submitted_at is not None:
        # What was handed in is no longer what stands here.
        locked.submitted_at, locked.submitted_by = None, None
        locked.save(update_fields=["submitted_at", "submitted_by"])
    return locked


@verb
def submit_draft(
    *, version: PlaybookVersion, actor: User, at: datetime, change_note: str = ""
) -> PlaybookVersion:
    """Hand a draft in for approval and tell everybody who may give it."""
    locked = PlaybookVersion.objects.select_for_update().get(pk=version.pk)
    _refuse_fixed(locked)
    if problems := publishing_problems(locked, at=at):
        raise PlaybookNotSoundError(" ".join(problems))
    approvers = approvers_of(locked)
    if not approvers:
        raise PlaybookNotSoundError(
            _("Nobody may approve this draft: everybody with that right wrote on it.")
        )
    locked.submitted_at, locked.submitted_by = at, actor
    locked.change_note = change_note[:300]
    locked.save(update_fields=["submitted_at", "submitted_by", "change_note"])
    for person in approvers:
        write_notice(
            person=person,
            kind=NoticeKind.INFO,
            message=gettext_noop("%(version)s waits for your approval."),
            params={"version": locked.code},
            path=f"/playbooks/{locked.playbook.code}/?version={locked.number}",
            inbox_only=True,
            at=at,
        )
    audit(action="playbook.submit", obj=locked, actor=actor, at=at, reason=change_note)
    return locked


@verb
def send_back(
    *, version: PlaybookVersion, actor: User, at: datetime, reason: str
) -> PlaybookVersion:
    """Do not approve a draft, and tell its authors why."""
    locked = PlaybookVersion.objects.select_for_update().get(pk=version.pk)
    _refuse_fixed(locked)
    if not reason.strip():
        raise DomainError(_("Say what has to change."))
    locked.submitted_at, locked.submitted_by = None, None
    locked.save(update_fields=["submitted_at", "submitted_by"])
    for person in locked.authors.filter(is_active=True):
        write_notice(
            person=person,
            kind=NoticeKind.INFO,
            message=gettext_noop("%(version)s came back: %(reason)s"),
            params={"version": locked.code, "reason": reason},
            path=f"/playbooks/{locked.playbook.code}/edit/",
            inbox_only=True,
            at=at,
        )
    audit(action="playbook.send_back", obj=locked, actor=actor, at=at, reason=reason)
    return locked


def _refuse_fixed(version: PlaybookVersion) -> None:
    if version.status != VersionStatus.DRAFT:
        raise PlaybookFixedError(
            _("%(version)s is %(status)s and never changes. Start a new draft.")
            % {"version": version.code, "status": version.get_status_display().lower()}
        )
