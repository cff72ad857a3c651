"""Verbs of an alert."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.live.services import publish
from bcp_portal.shared.errors import DomainError
from incidents.models import (
    ALERT_LIFECYCLE,
    Alert,
    AlertSignal,
    AlertStatus,
    Importance,
    Silence,
    TimelineKind,
)
from incidents.services.timeline import write_entry
from telemetry.models import Signal
from telemetry.services.signal import look_again


@verb
def raise_alert(*, key: str, at: datetime, **fields: Any) -> tuple[Alert, bool]:
    """Raise an alert unless one with this key is unresolved; return it and whether it is new."""
    try:
        with transaction.atomic():
            alert = Alert.objects.create(
                key=key, raised_at=at, first_signal_at=at, last_signal_at=at, **fields
            )
    except IntegrityError:
        # Another worker saw the same thing first; the unique constraint is the judge.
        return Alert.objects.unresolved().get(key=key), False
    audit(
        action="alert.raise",
        obj=alert,
        actor=None,
        at=at,
        after={"rule": alert.rule, "severity": alert.severity, "key": key},
    )
    _tell(alert, "raised", at=at)
    return alert, True


@verb
def fold_signal(*, alert: Alert, signal: Signal, at: datetime) -> None:
    """Count a signal towards an alert, and bring its words and sums up to date."""
    _link, is_new = AlertSignal.objects.get_or_create(
        alert=alert, signal=signal, defaults={"folded_at": at}
    )
    alert.signal_count += int(is_new)
    alert.title, alert.params, alert.sums = signal.title, signal.params, signal.sums
    alert.severity = min(alert.severity, signal.severity)
    alert.last_signal_at = at
    alert.save(
        update_fields=["signal_count", "title", "params", "sums", "severity", "last_signal_at"]
    )


@verb
def acknowledge_alert(*, alert: Alert, actor: User, at: datetime) -> Alert:
    """Say “I have seen it”."""
    locked = _move(alert, to=AlertStatus.ACKNOWLEDGED)
    locked.acknowledged_at, locked.acknowledged_by = at, actor
    locked.muted_until = None
    return _save(locked, "acknowledge", actor=actor, at=at)


@verb
def mute_alert(
    *, alert: Alert, until: datetime, actor: User, at: datetime, reason: str = ""
) -> Alert:
    """Keep it quiet until a moment; silence always has an end."""
    if until <= at:
        raise DomainError(_("The silence must end in the future."))
    locked = _move(alert, to=AlertStatus.MUTED)
    locked.muted_until = until
    return _save(locked, "mute", actor=actor, at=at, reason=reason)


@verb
def hold_alert(*, alert: Alert, silence: Silence, at: datetime) -> Alert:
    """Keep it quiet because a silence matches it; it stays on every list, with a mark."""
    locked = Alert.objects.select_for_update().get(pk=alert.pk)
    locked.silence = silence
    if locked.status == AlertStatus.OPEN:
        locked.status, locked.muted_until = AlertStatus.MUTED, silence.ends_at
    locked.save(update_fields=["silence", "status", "muted_until"])
    audit(
        action="alert.silence",
        obj=locked,
        actor=None,
        at=at,
        reason=silence.reason,
        after={"silence": silence.code, "until": silence.ends_at},
    )
    alert.silence, alert.status, alert.muted_until = silence, locked.status, locked.muted_until
    return locked


@verb
def unmute_alert(*, alert: Alert, actor: User | None, at: datetime) -> Alert:
    """End the silence; what stood alone because of it is looked at again."""
    locked = _move(alert, to=AlertStatus.OPEN)
    locked.muted_until = None
    saved = _save(locked, "unmute", actor=actor, at=at)
    if saved.silence_id is not None:
        look_again(signals=Signal.objects.filter(alert_links__alert=saved))
    return saved


@verb
def resolve_alert(*, alert: Alert, actor: User | None, at: datetime, reason: str = "") -> Alert:
    """Say that the condition no longer holds."""
    locked = _move(alert, to=AlertStatus.RESOLVED)
    locked.resolved_at = at
    locked.muted_until = None
    locked.resolution = reason[:300]
    saved = _save(locked, "resolve", actor=actor, at=at, reason=reason)
    if saved.incident is not None:
        write_entry(
            incident=saved.incident,
            kind=TimelineKind.ALERT,
            message=gettext_noop("Over: %(title_said)s"),
            params={"title_said": {"message": saved.title, "params": saved.params}},
            actor=actor,
            at=at,
            importance=Importance.DETAIL,
        )
    return saved


def end_mutes(*, at: datetime) -> str:
    """Reopen the alerts whose silence has ended; return how many."""
    ended = 0
    for alert in Alert.objects.mute_over(at):
        unmute_alert(alert=alert, actor=None, at=at)
        ended += 1
    return f"{ended} reopened"


def _move(alert: Alert, *, to: AlertStatus) -> Alert:
    locked = Alert.objects.select_for_update().get(pk=alert.pk)
    ALERT_LIFECYCLE.check(AlertStatus(locked.status), to)
    locked.status = to
    return locked


def _save(
    alert: Alert, action: str, *, actor: User | None, at: datetime, reason: str = ""
) -> Alert:
    alert.save(
        update_fields=[
            "status",
            "acknowledged_at",
            "acknowledged_by",
            "muted_until",
            "resolved_at",
            "resolution",
        ]
    )
    audit(
        action=f"alert.{action}",
        obj=alert,
        actor=actor,
        at=at,
        reason=reason,
        after={"status": alert.status, "muted_until": alert.muted_until},
    )
    _tell(alert, action, at=at)
    return alert


def _tell(alert: Alert, kind: str, *, at: datetime) -> None:
    publish(
        topic="alerts",
        kind=kind,
        at=at,
        permission="incidents.view_alert",
        site_id=alert.site_id,
    )
