"""Verbs of a silence: agree to it, keep matching alerts quiet, end it with a summary."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from assets.models import Asset, Region, Site
from assets.scope import visible_site_ids
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.models import Deadline
from bcp_portal.engine.services.deadline import cancel_deadlines, set_deadline
from bcp_portal.live.services import publish
from bcp_portal.shared.errors import DomainError
from incidents.models import Alert, AlertStatus, NoticeKind, RunMode, Silence, SilenceKind
from incidents.models.silence import LONGEST, NEVER_SILENT
from incidents.services.alert import hold_alert, unmute_alert
from incidents.services.notice import write_notice
from incidents.services.triage_rules import kind_of_rule
from telemetry.models import Signal
from telemetry.services.signal import look_again

BEGIN = "incidents.silence_begin"
END = "incidents.silence_end"


@verb
def add_silence(
    *,
    reason: str,
    ends_at: datetime,
    actor: User,
    at: datetime,
    starts_at: datetime | None = None,
    kind: str = SilenceKind.SILENCE,
    rule: str = "",
    incident_kind: str = "",
    site: Site | None = None,
    region: Region | None = None,
    asset: Asset | None = None,
    words: str = "",
) -> Silence:
    """Let matching alerts be quiet for a while; a wide or long one waits for a second person."""
    silence = Silence(
        kind=kind, reason=reason.strip(), rule=rule, incident_kind=incident_kind, site=site,
        region=region, asset=asset, words=words.strip(), starts_at=max(starts_at or at, at),
        ends_at=ends_at, created_by=actor, created_at=at,
    )  # fmt: skip
    _check(silence, actor=actor)
    silence.save()
    audit(
        action="silence.add",
        obj=silence,
        actor=actor,
        at=at,
        reason=silence.reason,
        after={"matches": silence.matches, "from": silence.starts_at, "until": silence.ends_at},
    )
    if not silence.is_wide:
        _put_in_force(silence, by=None, at=at)
    return silence


@verb
def approve_silence(*, silence: Silence, actor: User, at: datetime) -> Silence:
    """Agree to a wide or long silence, as somebody else than whoever asked for it."""
    locked = Silence.objects.select_for_update(of=("self",)).get(pk=silence.pk)
    if locked.ended_at is not None or locked.ends_at <= at:
        raise DomainError(_("%(code)s is over.") % {"code": locked.code})
    if locked.approved_at is not None:
        raise DomainError(_("%(code)s is agreed to already.") % {"code": locked.code})
    if locked.created_by_id == actor.pk:
        raise DomainError(_("Somebody else than whoever asked must agree to this silence."))
    audit(action="silence.approve", obj=locked, actor=actor, at=at)
    _put_in_force(locked, by=actor, at=at)
    return locked


@verb
def end_silence(*, silence: Silence, actor: User | None, at: datetime, reason: str = "") -> Silence:
    """End a silence: what still holds speaks now, and whoever asked reads what was silenced."""
    locked = Silence.objects.select_for_update(of=("self",)).get(pk=silence.pk)
    if locked.ended_at is not None:
        raise DomainError(_("%(code)s is over.") % {"code": locked.code})
    locked.ended_at, locked.ended_by = at, actor
    locked.save(update_fields=["ended_at", "ended_by"])
    for kind in (BEGIN, END):
        cancel_deadlines(kind=kind, subject_id=locked.pk, at=at)
    held = locked.alerts.unresolved()
    still = held.count()
    for alert in held.filter(status=AlertStatus.MUTED):
        unmute_alert(alert=alert, actor=actor, at=at)
    look_again(signals=Signal.objects.filter(alert_links__alert__in=held))
    total = locked.alerts.count()
    audit(
        action="silence.end",
        obj=locked,
        actor=actor,
        at=at,
        reason=reason,
        after={"silenced": total, "still_firing": still},
    )
    if locked.approved_at is not None:
        _tell_summary(locked, total=total, still=still, at=at)
    return locked


@verb
def silence_begins(*, deadline: Deadline, at: datetime) -> None:
    """A planned silence begins: what stands alone already is quiet from now on."""
    silence = Silence.objects.get(pk=deadline.subject_id)
    if silence.ended_at is None:
        _take_in(silence, at=at)


@verb
def silence_ends(*, deadline: Deadline, at: datetime) -> None:
    """The agreed end has come."""
    silence = Silence.objects.get(pk=deadline.subject_id)
    if silence.ended_at is None:
        end_silence(silence=silence, actor=None, at=at)


@verb
def keep_quiet(*, alert: Alert, at: datetime) -> bool:
    """Hold an alert back while a silence matches it; return whether it is held back."""
    if alert.incident_id is not None or alert.rule in NEVER_SILENT:
        return False
    standing = Silence.objects.standing(at)
    if alert.silence_id is not None:
        # Whoever let it speak by hand is not overruled by the same silence.
        return alert.status != AlertStatus.OPEN and standing.filter(pk=alert.silence_id).exists()
    silence = next((row for row in standing.order_by("-ends_at", "pk") if fits(row, alert)), None)
    if silence is None:
        return False
    hold_alert(alert=alert, silence=silence, at=at)
    return True


def fits(silence: Silence, alert: Alert) -> bool:
    """Whether everything that a silence names is true of an alert."""
    region = alert.region_id or (alert.site.region_id if alert.site else None)
    pairs = (
        (silence.rule, alert.rule),
        (silence.incident_kind, kind_of_rule(alert.rule)),
        (silence.site_id, alert.site_id),
        (silence.region_id, region),
        (silence.asset_id, alert.asset_id),
    )
    return (
        alert.rule not in NEVER_SILENT
        and alert.mode == RunMode.LIVE
        and all(not wanted or wanted == found for wanted, found in pairs)
        and silence.words.casefold() in alert.text.casefold()
    )


def _check(silence: Silence, *, actor: User) -> None:
    if not silence.reason:
        raise DomainError(_("Say why it may be quiet."))
    if silence.ends_at <= silence.starts_at:
        raise DomainError(_("The silence must end in the future."))
    if silence.ends_at - silence.starts_at > LONGEST:
        raise DomainError(_("A silence lasts at most 30 days; then somebody decides again."))
    if silence.rule in NEVER_SILENT:
        raise DomainError(
            _("“%(rule)s” watches the watchers; nobody can silence it.")
            % {"rule": silence.get_rule_display()}
        )
    if not silence.matches:
        raise DomainError(_("Name at least one thing: a rule, a kind, a place, an asset or words."))
    sites = visible_site_ids(actor)
    place = silence.site_id or (silence.asset.site_id if silence.asset else None)
    if sites is not None and place not in sites:
        raise DomainError(_("Name one of your own sites, or an asset that stands there."))


def _put_in_force(silence: Silence, *, by: User | None, at: datetime) -> None:
    silence.approved_by, silence.approved_at = by, at
    silence.save(update_fields=["approved_by", "approved_at"])
    set_deadline(kind=END, subject_id=silence.pk, due_at=silence.ends_at, at=at)
    if silence.starts_at > at:
        set_deadline(kind=BEGIN, subject_id=silence.pk, due_at=silence.starts_at, at=at)
    else:
        _take_in(silence, at=at)


def _take_in(silence: Silence, *, at: datetime) -> None:
    """What stands alone is held back; whatever belongs to an incident goes on being worked on."""
    alone = Alert.objects.unresolved().filter(incident=None, silence=None).select_related("site")
    for alert in alone:
        if fits(silence, alert):
            hold_alert(alert=alert, silence=silence, at=at)
    publish(topic="alerts", kind="silence", at=at, permission="incidents.view_alert")


def _tell_summary(silence: Silence, *, total: int, still: int, at: datetime) -> None:
    params: dict[str, Any] = {"code": silence.code, "total": total, "still": still}
    for person in {silence.created_by, silence.approved_by} - {None}:
        assert person is not None
        write_notice(
            person=person,
            kind=NoticeKind.INFO,
            message=gettext_noop(
                "%(code)s is over: %(total)d alerts were silenced, %(still)d still hold and speak"
                " now"
            ),
            params=params,
            path=f"/silences/{silence.pk}/",
            at=at,
        )
