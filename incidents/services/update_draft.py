"""Verbs of an update draft: tell an audience at once, or put the words before somebody first."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.live.services import publish
from bcp_portal.shared.errors import NotAllowedError
from incidents.models import (
    DRAFT_LIFECYCLE,
    Audience,
    AudienceRule,
    DraftStatus,
    Importance,
    Incident,
    IncidentRole,
    NoticeKind,
    StatusUpdate,
    TimelineKind,
    UpdateDraft,
)
from incidents.models.wording import message_id
from incidents.placeholders import check_placeholders
from incidents.selectors.communication import (
    filled,
    goes_out_at_once,
    may_approve,
    rule_for,
)
from incidents.services.notice import write_notice
from incidents.services.timeline import write_entry
from incidents.services.update import UpdateRefusedError, publish_update

LONGEST_PROMISE = timedelta(days=30)


@verb
def tell_audience(
    *,
    incident: Incident,
    audience: str,
    text: str,
    actor: User,
    at: datetime,
    next_in: timedelta | None = None,
    translations: dict[str, Any] | None = None,
) -> StatusUpdate | UpdateDraft:
    """Send an update, or keep it as a draft until the one whose word it needs has read it."""
    _check(text, translations or {}, next_in)
    rule = rule_for(audience)
    draft = UpdateDraft(
        incident=incident,
        audience=audience,
        text=text,
        translations=translations or {},
        next_in=next_in,
        written_by=actor,
        written_at=at,
    )
    if goes_out_at_once(actor, incident, rule):
        return _send(draft, actor=actor, at=at)
    return _put_forward(draft, rule, at=at)


@verb
def draft_update(
    *,
    incident: Incident,
    audience: str,
    text: str,
    actor: User,
    at: datetime,
    translations: dict[str, Any] | None = None,
) -> UpdateDraft:
    """Put words forward that a playbook has ready; a person lets them out, whatever the rule."""
    rule = rule_for(audience)
    _check(text, translations or {}, rule.cadence)
    draft = UpdateDraft(
        incident=incident,
        audience=audience,
        text=text,
        translations=translations or {},
        next_in=rule.cadence,
        written_by=actor,
        written_at=at,
    )
    return _put_forward(draft, rule, at=at)


@verb
def approve_draft(*, draft: UpdateDraft, actor: User, at: datetime) -> StatusUpdate:
    """Let a draft out, with the placeholders filled as of now."""
    locked = _move(draft, to=DraftStatus.SENT)
    rule = rule_for(locked.audience)
    if rule.needs_second and locked.written_by_id == actor.pk:
        raise NotAllowedError(_("Nobody approves what they wrote for this audience."))
    if not may_approve(actor, locked.incident, rule):
        raise NotAllowedError(
            _("This needs the word of: %(who)s.") % {"who": rule.get_approver_display()}
        )
    update = _send(locked, actor=actor, at=at)
    locked.update = update
    _decide(locked, "approve", actor=actor, at=at, reason="")
    return update


@verb
def refuse_draft(*, draft: UpdateDraft, actor: User, at: datetime, reason: str) -> UpdateDraft:
    """Send a draft back, with the reason."""
    locked = _move(draft, to=DraftStatus.REFUSED)
    if not may_approve(actor, locked.incident, rule_for(locked.audience)):
        raise NotAllowedError(_("Only those who may approve it may refuse it."))
    if not reason.strip():
        raise UpdateRefusedError(_("Say what should be different."))
    _decide(locked, "refuse", actor=actor, at=at, reason=reason)
    write_notice(
        person=locked.written_by,
        kind=NoticeKind.INFO,
        message=gettext_noop("%(code)s: your update was sent back: %(reason)s"),
        params={"code": locked.incident.code, "reason": reason},
        incident=locked.incident,
        at=at,
    )
    return locked


@verb
def withdraw_draft(*, draft: UpdateDraft, actor: User, at: datetime) -> UpdateDraft:
    """Take one's own draft back."""
    locked = _move(draft, to=DraftStatus.WITHDRAWN)
    if locked.written_by_id != actor.pk:
        raise NotAllowedError(_("Only whoever wrote it takes it back."))
    _decide(locked, "withdraw", actor=actor, at=at, reason="")
    return locked


def _put_forward(draft: UpdateDraft, rule: AudienceRule, *, at: datetime) -> UpdateDraft:
    draft.save()
    write_entry(
        incident=draft.incident,
        kind=TimelineKind.UPDATE,
        message=gettext_noop("An update for %(audience_label)s waits for approval"),
        params={"audience_label": message_id(Audience(draft.audience).label)},
        actor=draft.written_by,
        at=at,
        importance=Importance.NORMAL,
    )
    _note(draft, "write", actor=draft.written_by, at=at)
    _ask(draft, rule.approver, at=at)
    return draft


def _check(text: str, translations: dict[str, Any], next_in: timedelta | None) -> None:
    check_placeholders(text)
    for said in translations.values():
        check_placeholders(str(said.get("text", "")))
    if next_in is not None and not timedelta(0) < next_in <= LONGEST_PROMISE:
        raise UpdateRefusedError(_("Promise the next update within the next 30 days."))


def _send(draft: UpdateDraft, *, actor: User, at: datetime) -> StatusUpdate:
    next_at = draft.next_promised_at(at)
    # With a translation beside it the first text is English; alone it is the writer's own tongue.
    own = "en" if draft.translations else (get_language() or "en").split("-")[0]
    others = {language: str(said.get("text", "")) for language, said in draft.translations.items()}
    words = filled(
        {"": draft.text} | others, draft.incident, at=at, next_at=next_at, first_language=own
    )
    return publish_update(
        incident=draft.incident,
        audience=draft.audience,
        text=words.pop("", ""),
        translations={language: {"text": said} for language, said in words.items()},
        next_promised_at=next_at,
        actor=actor,
        at=at,
    )


def _move(draft: UpdateDraft, *, to: DraftStatus) -> UpdateDraft:
    locked = (
        UpdateDraft.objects.select_for_update(of=("self",))
        .select_related("incident", "written_by")
        .get(pk=draft.pk)
    )
    DRAFT_LIFECYCLE.check(DraftStatus(locked.status), to)
    locked.status = to
    return locked


def _decide(draft: UpdateDraft, action: str, *, actor: User, at: datetime, reason: str) -> None:
    draft.decided_by, draft.decided_at, draft.reason = actor, at, reason[:300]
    draft.save(update_fields=["status", "decided_by", "decided_at", "reason", "update"])
    _note(draft, action, actor=actor, at=at, reason=reason)


def _note(draft: UpdateDraft, action: str, *, actor: User, at: datetime, reason: str = "") -> None:
    audit(
        action=f"update_draft.{action}",
        obj=draft,
        actor=actor,
        at=at,
        reason=reason,
        after={
            "incident": draft.incident.code,
            "audience": draft.audience,
            "text": draft.text,
            "status": draft.status,
        },
    )
    publish(
        topic=f"incident:{draft.incident_id}",
        kind="draft",
        at=at,
        permission="incidents.view_incident",
    )


def _ask(draft: UpdateDraft, approver: str, *, at: datetime) -> None:
    held = (
        IncidentRole.objects.filter(incident=draft.incident, role=approver, ended_at=None)
        .select_related("user")
        .first()
    )
    person = held.user if held else draft.incident.commander
    if person is None or person.pk == draft.written_by_id:
        return
    write_notice(
        person=person,
        kind=NoticeKind.INFO,
        message=gettext_noop("%(code)s: an update for %(audience_label)s waits for your word"),
        params={
            "code": draft.incident.code,
            "audience_label": message_id(Audience(draft.audience).label),
        },
        incident=draft.incident,
        path="/updates/",
        at=at,
    )
