"""Verbs of an inject: what is told or shown in the middle of an exercise, and its telemetry."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from assets.models import Region, Site
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.models import Deadline
from bcp_portal.engine.services.deadline import cancel_deadlines, set_deadline
from bcp_portal.shared.errors import DomainError
from incidents.models import (
    Exercise,
    ExerciseStatus,
    Importance,
    Incident,
    Inject,
    NoticeKind,
    TimelineKind,
)
from incidents.services.notice import write_notice
from incidents.services.timeline import write_entry
from incidents.services.triage import sweep_signal
from telemetry.models import Signal, SignalRule
from telemetry.services.signal import Claim, assert_claim, close_signal

DEADLINE = "incidents.inject_due"
SILENT = gettext_noop("%(site)s sends nothing (simulated)")
OUTAGE = gettext_noop("Most sites of %(place)s have fallen silent (simulated)")


class InjectGoneError(DomainError):
    """The inject cannot be changed any more."""


@verb
def add_inject(
    *,
    exercise: Exercise,
    after: timedelta,
    actor: User | None,
    at: datetime,
    text: str = "",
    expected: str = "",
    signal: dict[str, Any] | None = None,
) -> Inject:
    """Write down what happens how long after the beginning."""
    if not text.strip() and not signal:
        raise InjectGoneError(_("Say what happens."))
    if exercise.status not in (ExerciseStatus.PLANNED, ExerciseStatus.RUNNING):
        raise InjectGoneError(_("%(code)s is over.") % {"code": exercise.code})
    inject = Inject.objects.create(
        exercise=exercise, after=after, text=text, expected=expected, signal=signal or {}
    )
    if exercise.started_at is not None:
        _promise(inject, exercise.started_at, at=at)
    audit(action="exercise.inject", obj=exercise, actor=actor, at=at, after={"text": text})
    return inject


@verb
def remove_inject(*, inject: Inject, actor: User, at: datetime) -> None:
    """Take an inject out that has not been given."""
    if inject.given_at is not None:
        raise InjectGoneError(_("This has been given already."))
    cancel_deadlines(kind=DEADLINE, subject_id=inject.pk, at=at)
    audit(
        action="exercise.inject_remove",
        obj=inject.exercise,
        actor=actor,
        at=at,
        before={"text": str(inject)},
    )
    inject.delete()


@verb
def give_inject(*, inject: Inject, actor: User | None, at: datetime) -> Inject:
    """Let it happen now: on the timeline, to whoever commands, and in the telemetry."""
    locked = Inject.objects.select_for_update().get(pk=inject.pk)
    exercise = Exercise.objects.select_related("incident__commander").get(pk=locked.exercise_id)
    if exercise.status != ExerciseStatus.RUNNING or exercise.incident is None:
        raise InjectGoneError(_("%(code)s is not running.") % {"code": exercise.code})
    if locked.given_at is not None:
        return locked
    locked.given_at = at
    locked.save(update_fields=["given_at"])
    cancel_deadlines(kind=DEADLINE, subject_id=locked.pk, at=at)
    if locked.signal:
        _show(locked.signal, exercise, mark=f"i{locked.pk}", at=at)
    if locked.text:
        _tell(locked, exercise.incident, actor=actor, at=at)
    return locked


@verb
def inject_due(*, deadline: Deadline, at: datetime) -> None:
    """The moment of an inject has come."""
    inject = Inject.objects.select_related("exercise").filter(pk=deadline.subject_id).first()
    if inject is not None and inject.exercise.status == ExerciseStatus.RUNNING:
        give_inject(inject=inject, actor=None, at=at)


@verb
def prepare_injects(*, exercise: Exercise, at: datetime) -> None:
    """Promise every inject its moment."""
    for inject in exercise.injects.filter(given_at=None):
        _promise(inject, at, at=at)


@verb
def cancel_injects(*, exercise: Exercise, at: datetime) -> None:
    """Nothing more happens in this exercise."""
    for inject in exercise.injects.filter(given_at=None):
        cancel_deadlines(kind=DEADLINE, subject_id=inject.pk, at=at)


@verb
def simulate_outage(*, exercise: Exercise, at: datetime) -> Incident | None:
    """Let telemetry show the outage, marked as an exercise; triage opens the incident itself."""
    if exercise.recorded is not None:
        _replay(exercise, exercise.recorded)
        first = exercise.injects.exclude(signal={}).order_by("after", "pk").first()
        if first is None:
            return None
        first.given_at = at
        first.save(update_fields=["given_at"])
        return _show(first.signal, exercise, mark=f"i{first.pk}", at=at)
    sites = list(exercise.sites.select_related("region"))
    incident = None
    if len(sites) > 1:
        region = sites[0].region
        facts = {"rule": SignalRule.NETWORK_OUTAGE, "region": region.code, "title": OUTAGE,
                 "params": {"place": region.name}}  # fmt: skip
        incident = _show(facts | {"severity": exercise.severity}, exercise, mark="0", at=at)
    parent = f"{SignalRule.NETWORK_OUTAGE}:{_key(exercise, '0')}" if incident else ""
    for number, site in enumerate(sites, start=1):
        facts = {"rule": SignalRule.SITE_SILENT, "site": site.code, "title": SILENT,
                 "params": {"site": site.name}, "parent": parent}  # fmt: skip
        joined = _show(facts | {"severity": exercise.severity}, exercise, mark=str(number), at=at)
        incident = incident or joined
    return incident


@verb
def end_telemetry(*, exercise: Exercise, at: datetime) -> None:
    """The simulated outage is over."""
    mine = Signal.objects.open().filter(is_exercise=True, key__startswith=f"{exercise.code}-")
    for signal in mine:
        close_signal(signal=signal, at=at)


def _promise(inject: Inject, started_at: datetime, *, at: datetime) -> None:
    due_at = max(at, started_at + inject.after)
    set_deadline(kind=DEADLINE, subject_id=inject.pk, due_at=due_at, at=at)


def _tell(inject: Inject, incident: Incident, *, actor: User | None, at: datetime) -> None:
    words = {"words": inject.text}
    write_entry(
        incident=incident,
        kind=TimelineKind.NOTE,
        message=gettext_noop("Inject: %(words)s"),
        params=words,
        actor=actor,
        at=at,
        importance=Importance.KEY,
    )
    if incident.commander is not None:
        write_notice(
            person=incident.commander,
            kind=NoticeKind.INFO,
            message=gettext_noop("Inject: %(words)s"),
            params=words,
            incident=incident,
            at=at,
        )


def _key(exercise: Exercise, mark: str) -> str:
    return f"{exercise.code}-{mark}"


def _show(facts: dict[str, Any], exercise: Exercise, *, mark: str, at: datetime) -> Incident | None:
    """Put a simulated signal beside the real ones; its mark keeps the two apart for ever."""
    site = Site.objects.filter(code=facts.get("site", "")).first()
    region = Region.objects.filter(code=facts.get("region", "")).first()
    signal = assert_claim(
        claim=Claim(
            rule=SignalRule(facts["rule"]),
            key=_key(exercise, mark),
            severity=int(facts.get("severity", 2)),
            title=str(facts["title"]),
            params=dict(facts.get("params", {})),
            began_at=at,
            site_id=site.pk if site else None,
            region_id=region.pk if region else None,
            site_ids=tuple(exercise.sites.values_list("pk", flat=True)) if region else (),
            parent_key=str(facts.get("parent", "")),
            is_exercise=True,
        ),
        at=at,
    )
    alert = sweep_signal(signal=signal, at=at)
    return alert.incident if alert else None


def _replay(exercise: Exercise, past: Incident) -> None:
    """The signals of a past incident, at the distances at which they came."""
    rows = (
        Signal.objects.filter(alert_links__alert__incident=past)
        .select_related("site", "region")
        .order_by("opened_at", "pk")
        .distinct()[:50]
    )
    first = rows[0].opened_at if rows else past.started_at
    Inject.objects.bulk_create(
        Inject(
            exercise=exercise,
            after=signal.opened_at - first,
            signal={
                "rule": signal.rule,
                "site": signal.site.code if signal.site else "",
                "region": signal.region.code if signal.region else "",
                "severity": signal.severity,
                "title": signal.title,
                "params": signal.params,
            },
        )
        for signal in rows
    )
