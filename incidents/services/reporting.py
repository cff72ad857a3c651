"""Verbs of a duty to tell: start its clock, warn, and stop it with an update that was sent."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.models import Deadline
from bcp_portal.engine.services.deadline import cancel_deadlines, set_deadline
from bcp_portal.shared.errors import DomainError
from incidents.models import (
    Importance,
    Incident,
    IncidentKind,
    IncidentRole,
    NoticeKind,
    ReportingClock,
    ReportingRule,
    RoleName,
    StatusUpdate,
    TimelineKind,
)
from incidents.models.reporting import WARNINGS
from incidents.services.notice import write_notice
from incidents.services.timeline import write_entry

WARNING = "incidents.reporting_warning"
DUE = "incidents.reporting_due"
LONGEST = timedelta(days=365)


@verb
def save_reporting_rule(
    *,
    name: str,
    recipient: str,
    audience: str,
    within: timedelta,
    actor: User | None,
    at: datetime,
    basis: str = "",
    kinds: Sequence[str] = (),
    rule: ReportingRule | None = None,
) -> ReportingRule:
    """Say who must hear within which time; clocks that run keep the words they began with."""
    if not timedelta(0) < within <= LONGEST:
        raise DomainError(_("The time must be longer than nothing and at most a year."))
    clash = ReportingRule.objects.in_force().filter(name=name)
    if clash.exclude(pk=rule.pk if rule else 0).exists():
        raise DomainError(_("There is a duty of this name already."))
    before = _facts(rule) if rule else {}
    row = rule or ReportingRule()
    row.name, row.recipient, row.basis = name, recipient, basis
    row.audience, row.within = audience, within
    row.kinds = [kind for kind in kinds if kind in IncidentKind.values]
    row.save()
    audit(
        action="reporting_rule.save",
        obj=row,
        actor=actor,
        at=at,
        before=before,
        after=_facts(row),
    )
    return row


@verb
def retire_reporting_rule(*, rule: ReportingRule, actor: User, at: datetime) -> ReportingRule:
    """Start no more clocks by this rule; those that run go on."""
    if rule.retired_at is None:
        rule.retired_at = at
        rule.save(update_fields=["retired_at"])
        audit(action="reporting_rule.retire", obj=rule, actor=actor, at=at)
    return rule


@verb
def start_due_clocks(*, incident: Incident, at: datetime) -> None:
    """Start the clocks that the kind of an incident starts by itself."""
    known = set(incident.reporting_clocks.values_list("rule_id", flat=True))
    for rule in ReportingRule.objects.in_force():
        if incident.kind in rule.kinds and rule.pk not in known:
            reason = gettext_noop("By the kind of the incident")
            start_reporting_clock(
                incident=incident, rule=rule, aware_at=at, reason=reason, actor=None, at=at
            )


@verb
def start_reporting_clock(
    *,
    incident: Incident,
    rule: ReportingRule,
    aware_at: datetime,
    reason: str,
    actor: User | None,
    at: datetime,
) -> ReportingClock:
    """Say that a duty applies, and since when we have been aware; its time runs from there."""
    locked = Incident.objects.select_for_update().get(pk=incident.pk)
    if not locked.is_open:
        raise DomainError(_("%(code)s is over.") % {"code": locked.code})
    if aware_at > at:
        raise DomainError(_("Nobody becomes aware in the future."))
    if locked.reporting_clocks.filter(rule=rule).exists():
        raise DomainError(_("The clock of “%(name)s” was started already.") % {"name": rule.name})
    clock = ReportingClock.objects.create(
        incident=locked, rule=rule, name=rule.name, recipient=rule.recipient,
        audience=rule.audience, aware_at=aware_at, due_at=aware_at + rule.within, started_at=at,
        started_by=actor, reason=reason,
    )  # fmt: skip
    for percent in WARNINGS:
        due_at = aware_at + rule.within * percent / 100
        if due_at > at:
            set_deadline(kind=WARNING, subject_id=clock.pk, step=percent, due_at=due_at, at=at)
    set_deadline(kind=DUE, subject_id=clock.pk, due_at=clock.due_at, at=at)
    _note(
        clock,
        gettext_noop("%(recipient)s must be told (%(name)s) until %(until_at)s"),
        actor=actor,
        at=at,
    )
    audit(
        action="reporting.start",
        obj=clock,
        actor=actor,
        at=at,
        reason=reason,
        after={"name": clock.name, "aware_at": aware_at, "due_at": clock.due_at},
    )
    return clock


@verb
def meet_by_update(*, update: StatusUpdate, actor: User | None, at: datetime) -> None:
    """A sent update stops the clock of its audience; with several a person says which."""
    running = list(
        ReportingClock.objects.running().filter(
            incident=update.incident_id, audience=update.audience
        )
    )
    if len(running) == 1:
        meet_reporting_clock(clock=running[0], update=update, actor=actor, at=at)


@verb
def meet_reporting_clock(
    *, clock: ReportingClock, update: StatusUpdate, actor: User | None, at: datetime
) -> ReportingClock:
    """Say that this update told them; the time that counts is the one at which it was sent."""
    locked = _running(clock)
    if update.incident_id != locked.incident_id or update.audience != locked.audience:
        raise DomainError(_("This update was not for them."))
    locked.told_at, locked.told_by, locked.update = update.published_at, actor, update
    locked.save(update_fields=["told_at", "told_by", "update"])
    _stop(locked, at=at)
    _note(locked, gettext_noop("%(recipient)s were told (%(name)s)"), actor=actor, at=at)
    audit(
        action="reporting.told",
        obj=locked,
        actor=actor,
        at=at,
        after={"update": update.code, "told_at": update.published_at},
    )
    return locked


@verb
def waive_reporting_clock(
    *, clock: ReportingClock, reason: str, actor: User, at: datetime
) -> ReportingClock:
    """Say that the duty does not apply after all, and why; that stays on record."""
    if not reason.strip():
        raise DomainError(_("Say why it does not apply."))
    locked = _running(clock)
    locked.waived_at, locked.waived_by, locked.waive_reason = at, actor, reason.strip()
    locked.save(update_fields=["waived_at", "waived_by", "waive_reason"])
    _stop(locked, at=at)
    _note(
        locked,
        gettext_noop("%(recipient)s need not be told (%(name)s): %(reason)s"),
        actor=actor,
        at=at,
        reason=reason.strip(),
    )
    audit(action="reporting.waive", obj=locked, actor=actor, at=at, reason=reason)
    return locked


@verb
def refuse_untold(*, incident: Incident) -> None:
    """Nothing is put away while somebody still has to be told."""
    waiting = incident.reporting_clocks.running().first()
    if waiting is not None:
        raise DomainError(
            _("“%(name)s” still runs. Tell %(recipient)s, or say why it does not apply.")
            % {"name": waiting.name, "recipient": waiting.recipient}
        )


@verb
def reporting_warning(*, deadline: Deadline, at: datetime) -> None:
    """Half, three quarters or nine tenths of the time are gone."""
    clock = _still(deadline)
    if clock is None:
        return
    message = gettext_noop("%(percent)d %% of the time to tell %(recipient)s are gone (%(name)s)")
    _note(clock, message, actor=None, at=at, percent=deadline.step)
    _tell(clock, message, at=at, inbox_only=deadline.step < 90, percent=deadline.step)


@verb
def reporting_due(*, deadline: Deadline, at: datetime) -> None:
    """The time is over and nobody was told."""
    clock = _still(deadline)
    if clock is None:
        return
    message = gettext_noop("The time to tell %(recipient)s is over (%(name)s)")
    _note(clock, message, actor=None, at=at)
    _tell(clock, message, at=at, inbox_only=False)


def _facts(rule: ReportingRule) -> dict[str, Any]:
    names = ("name", "recipient", "basis", "audience", "within", "kinds")
    return {name: getattr(rule, name) for name in names}


def _running(clock: ReportingClock) -> ReportingClock:
    locked = (
        ReportingClock.objects.select_for_update(of=("self",))
        .select_related("incident")
        .get(pk=clock.pk)
    )
    if not locked.is_running:
        raise DomainError(_("This clock has stopped already."))
    return locked


def _still(deadline: Deadline) -> ReportingClock | None:
    rows = ReportingClock.objects.running().select_related("incident__commander")
    return rows.filter(pk=deadline.subject_id).first()


def _stop(clock: ReportingClock, *, at: datetime) -> None:
    for kind in (WARNING, DUE):
        cancel_deadlines(kind=kind, subject_id=clock.pk, at=at)


def _words(clock: ReportingClock, **more: object) -> dict[str, Any]:
    return {
        "recipient": clock.recipient,
        "name": clock.name,
        "until_at": clock.due_at.isoformat(),
        **more,
    }


def _note(
    clock: ReportingClock, message: str, *, actor: User | None, at: datetime, **more: object
) -> None:
    write_entry(
        incident=clock.incident,
        kind=TimelineKind.UPDATE,
        message=message,
        params=_words(clock, **more),
        actor=actor,
        at=at,
        importance=Importance.KEY,
    )


def _tell(
    clock: ReportingClock, message: str, *, at: datetime, inbox_only: bool, **more: object
) -> None:
    incident = clock.incident
    speakers = IncidentRole.objects.filter(
        incident=incident, role=RoleName.COMMUNICATIONS, ended_at=None
    ).select_related("user")
    people = {role.user for role in speakers} | {incident.commander}
    for person in people - {None}:
        assert person is not None
        write_notice(
            person=person,
            kind=NoticeKind.INFO,
            message=message,
            params=_words(clock, **more),
            incident=incident,
            inbox_only=inbox_only,
            at=at,
        )
