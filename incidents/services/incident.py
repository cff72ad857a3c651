"""Verbs of an incident: the only place that writes its status and starts its calls."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from assets.models import Asset, Site
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError
from incidents.models import (
    INCIDENT_LIFECYCLE,
    EscalationReason,
    Importance,
    Incident,
    IncidentKind,
    IncidentStatus,
    Playbook,
    ReviewStatus,
    RunMode,
    Severity,
    TimelineKind,
    VerdictChange,
)
from incidents.models.wording import message_id, render_message
from incidents.services.escalation import (
    expect_a_beginning,
    start_escalation,
    stop_escalations,
)
from incidents.services.extent import add_assets, add_sites
from incidents.services.recovery import (
    record_proof,
    resume_clocks,
    set_clocks,
    settle_recovery,
)
from incidents.services.reporting import refuse_untold, start_due_clocks
from incidents.services.review import expect_review
from incidents.services.role import take_role
from incidents.services.run import abandon_runs
from incidents.services.run_facts import weigh_conditions
from incidents.services.timeline import write_entry

_TIMES = (
    "status", "acknowledged_at", "acknowledged_by", "contained_at", "recovered_at", "closed_at"
)  # fmt: skip


class OutageTakenError(DomainError):
    """An incident for this outage is already open."""


class ReviewMissingError(DomainError):
    """An incident is closed after its review, or with a reason why before."""


@verb
def declare_incident(
    *,
    title: str,
    actor: User | None,
    at: datetime,
    severity: int = Severity.MODERATE,
    kind: str = IncidentKind.OTHER,
    mode: str = RunMode.LIVE,
    summary: str = "",
    started_at: datetime | None = None,
    detected_at: datetime | None = None,
    sites: Iterable[Site] = (),
    assets: Iterable[Asset] = (),
    commander: User | None = None,
    group_key: str = "",
    verdict: dict[str, Any] | None = None,
    title_params: dict[str, Any] | None = None,
    suggested_playbook: Playbook | None = None,
) -> Incident:
    """Open an incident, start its timeline, and call people unless a commander is there.

    With `title_params` the title is a message that each reader sees in the own language.
    """
    incident = _open(
        title=render_message(title, title_params) if title_params is not None else title,
        title_message=title if title_params is not None else "",
        title_params=title_params or {},
        severity=severity,
        kind=kind,
        mode=mode,
        summary=summary,
        group_key=group_key,
        verdict=verdict or {},
        suggested_playbook=suggested_playbook,
        started_at=started_at or at,
        detected_at=detected_at or at,
        declared_at=at,
    )
    _begin_timeline(incident, actor=actor, at=at)
    add_sites(incident=incident, sites=sites, affected_at=incident.started_at, at=at)
    add_assets(incident=incident, assets=assets, down_at=incident.started_at, at=at)
    start_due_clocks(incident=incident, at=at)
    if commander is not None:
        take_role(incident=incident, user=commander, actor=actor, at=at)
        incident.refresh_from_db()
    else:
        start_escalation(incident=incident, reason=EscalationReason.DECLARED, actor=actor, at=at)
    return incident


@verb
def acknowledge_incident(*, incident: Incident, actor: User, at: datetime) -> Incident:
    """Say “I have it”: nobody else is called. After the end it changes nothing."""
    locked = _locked(incident)
    if not locked.is_ongoing:
        return locked
    if locked.acknowledged_at is None:
        locked.acknowledged_at = at
        locked.acknowledged_by = actor
        locked.save(update_fields=list(_TIMES))
        write_entry(
            incident=locked,
            kind=TimelineKind.CALL,
            message=gettext_noop("%(name)s has taken it"),
            params={"name": actor.name},
            actor=actor,
            at=at,
            importance=Importance.KEY,
        )
        expect_a_beginning(incident=locked, at=at)
        audit(action="incident.acknowledge", obj=locked, actor=actor, at=at)
    stop_escalations(incident=locked, actor=actor, at=at, reason="taken")
    return locked


@verb
def start_response(
    *, incident: Incident, actor: User | None, at: datetime, reason: str = ""
) -> Incident:
    """Say that people are working on it, or again: after a relapse the RTO clock runs on."""
    back_at = Incident.objects.values_list("recovered_at", flat=True).get(pk=incident.pk)
    moved = _move(incident, to=IncidentStatus.RESPONDING, actor=actor, at=at, reason=reason)
    if back_at is not None:
        resume_clocks(incident=moved, recovered_at=back_at)
        set_clocks(incident=moved, at=at)
    if actor is not None:
        acknowledge_incident(incident=moved, actor=actor, at=at)
    return moved


@verb
def contain_incident(*, incident: Incident, actor: User, at: datetime) -> Incident:
    """Say that the damage has stopped spreading."""
    return _move(incident, to=IncidentStatus.CONTAINED, actor=actor, at=at)


@verb
def recover_incident(
    *, incident: Incident, actor: User, at: datetime, happened_at: datetime | None = None
) -> Incident:
    """Say that everything works again; this stops the RTO clocks and the calls."""
    when = min(happened_at or at, at)
    moved = _move(incident, to=IncidentStatus.RECOVERED, actor=actor, at=at, happened_at=when)
    settle_recovery(incident=moved, actor=actor, recovered_at=when, at=at)
    stop_escalations(incident=moved, actor=actor, at=at, reason="recovered")
    return moved


@verb
def close_incident(*, incident: Incident, actor: User, at: datetime, reason: str = "") -> Incident:
    """Put the incident away; nothing can change after this.

    It takes a review that is signed off, or a reason why not; then the review is opened.
    """
    review = getattr(incident, "review", None)
    if not reason.strip() and (review is None or review.status != ReviewStatus.SIGNED_OFF):
        raise ReviewMissingError(
            _("%(code)s has no review that is signed off. Sign it off, or say why not yet.")
            % {"code": incident.code}
        )
    refuse_untold(incident=incident)
    moved = _move(incident, to=IncidentStatus.CLOSED, actor=actor, at=at, reason=reason)
    record_proof(incident=moved, actor=actor, at=at)
    abandon_runs(incident=moved, actor=actor, at=at, reason=_("The incident is closed."))
    expect_review(incident=moved, actor=actor, at=at)
    return moved


@verb
def call_off_incident(*, incident: Incident, actor: User, at: datetime, reason: str) -> Incident:
    """Say that it was a false alarm, and why."""
    if not reason.strip():
        raise DomainError(_("Say why it was a false alarm."))
    moved = _move(incident, to=IncidentStatus.FALSE_ALARM, actor=actor, at=at, reason=reason)
    stop_escalations(incident=moved, actor=actor, at=at, reason=reason)
    abandon_runs(incident=moved, actor=actor, at=at, reason=reason)
    return moved


@verb
def change_severity(
    *, incident: Incident, severity: int, actor: User | None, at: datetime, reason: str = ""
) -> Incident:
    """Say that it is worse, or less bad, than thought."""
    locked = _locked(incident)
    was = locked.severity
    if was == severity:
        return locked
    locked.severity = severity
    locked.save(update_fields=["severity"])
    write_entry(
        incident=locked,
        kind=TimelineKind.STATUS,
        message=gettext_noop("Severity: %(old_label)s → %(new_label)s. %(reason)s"),
        params={
            "old_label": message_id(Severity(was).label),
            "new_label": message_id(Severity(severity).label),
            "reason": reason,
        },
        actor=actor,
        at=at,
        importance=Importance.KEY,
    )
    audit(
        action="incident.severity",
        obj=locked,
        actor=actor,
        at=at,
        reason=reason,
        before={"severity": was},
        after={"severity": severity},
    )
    weigh_conditions(incident=locked, at=at)
    return locked


@verb
def edit_incident(
    *, incident: Incident, title: str, summary: str, actor: User, at: datetime
) -> Incident:
    """Put title and summary into better words."""
    locked = _locked(incident)
    before = {"title": locked.title, "summary": locked.summary}
    if title != locked.title:
        locked.title, locked.title_message, locked.title_params = title, "", {}
    locked.summary = summary
    locked.save(update_fields=["title", "title_message", "title_params", "summary"])
    audit(
        action="incident.edit",
        obj=locked,
        actor=actor,
        at=at,
        before=before,
        after={"title": title, "summary": summary},
    )
    return locked


def _begin_timeline(incident: Incident, *, actor: User | None, at: datetime) -> None:
    VerdictChange.objects.create(
        incident=incident,
        kind=incident.kind,
        verdict=incident.verdict,
        reason=gettext_noop("First verdict"),
        actor=actor,
        changed_at=at,
    )
    write_entry(
        incident=incident,
        kind=TimelineKind.STATUS,
        message=gettext_noop("Declared: %(title_said)s"),
        params={"title_said": incident.headline_said},
        actor=actor,
        at=at,
        importance=Importance.KEY,
    )
    audit(
        action="incident.declare",
        obj=incident,
        actor=actor,
        at=at,
        after={
            "title": incident.title,
            "severity": incident.severity,
            "kind": incident.kind,
            "mode": incident.mode,
        },
    )


def _open(**fields: Any) -> Incident:
    # Two people declaring at once take the same number; the unique constraint is the judge.
    for _attempt in range(5):
        number = (Incident.objects.aggregate(last=Max("number"))["last"] or 0) + 1
        try:
            with transaction.atomic():
                return Incident.objects.create(number=number, code=f"INC-{number}", **fields)
        except IntegrityError:
            _refuse_second(fields["mode"], fields["group_key"])
    raise OutageTakenError(_("Too many incidents are being declared at once. Try again."))


def _refuse_second(mode: str, group_key: str) -> None:
    if not group_key:
        return
    standing = Incident.objects.ongoing().filter(mode=mode, group_key=group_key).first()
    if standing is not None:
        raise OutageTakenError(
            _("%(code)s is already open for this outage.") % {"code": standing.code}
        )


def _move(
    incident: Incident,
    *,
    to: IncidentStatus,
    actor: User | None,
    at: datetime,
    reason: str = "",
    happened_at: datetime | None = None,
) -> Incident:
    locked = _locked(incident)
    was = IncidentStatus(locked.status)
    INCIDENT_LIFECYCLE.check(was, to)
    locked.status = to
    _stamp(locked, to, happened_at or at)
    try:
        with transaction.atomic():
            locked.save(update_fields=list(_TIMES))
    except IntegrityError:
        _refuse_second(locked.mode, locked.group_key)
        raise
    _record_move(locked, was, to, actor=actor, at=at, reason=reason, happened_at=happened_at)
    if was is IncidentStatus.RECOVERED and to is IncidentStatus.RESPONDING and actor is None:
        start_escalation(incident=locked, reason=EscalationReason.REOPENED, actor=None, at=at)
    return locked


def _record_move(
    locked: Incident,
    was: IncidentStatus,
    to: IncidentStatus,
    *,
    actor: User | None,
    at: datetime,
    reason: str,
    happened_at: datetime | None,
) -> None:
    write_entry(
        incident=locked,
        kind=TimelineKind.STATUS,
        message=(
            gettext_noop("%(old_label)s → %(new_label)s: %(reason)s")
            if reason
            else gettext_noop("%(old_label)s → %(new_label)s")
        ),
        params={
            "old_label": message_id(was.label),
            "new_label": message_id(to.label),
            "reason": reason,
        },
        actor=actor,
        at=at,
        happened_at=happened_at,
        importance=Importance.KEY,
    )
    audit(
        action=f"incident.{to.value}",
        obj=locked,
        actor=actor,
        at=at,
        reason=reason,
        before={"status": was},
        after={"status": to},
    )


def _stamp(incident: Incident, to: IncidentStatus, when: datetime) -> None:
    """A status and its timestamp tell the same story."""
    if to is IncidentStatus.CONTAINED:
        incident.contained_at = when
    elif to is IncidentStatus.RECOVERED:
        incident.recovered_at = when
    elif to is IncidentStatus.CLOSED:
        incident.closed_at = when
    elif to is IncidentStatus.RESPONDING:
        incident.contained_at = None
        incident.recovered_at = None


def _locked(incident: Incident) -> Incident:
    # Locked before the check: two people pressing different buttons cannot both win.
    return Incident.objects.select_for_update().get(pk=incident.pk)
