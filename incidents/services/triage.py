"""Verbs of triage: signals become alerts, alerts are grouped, a group is one incident."""

import logging
import time
from collections.abc import Sequence
from datetime import datetime

from django.db import OperationalError
from django.db.models import Case, When
from django.utils.translation import gettext_noop

from assets.models import Asset, Site
from bcp_portal.audit.verbs import verb
from incidents.models import (
    Alert,
    Importance,
    Incident,
    IncidentKind,
    IncidentStatus,
    Playbook,
    TimelineKind,
)
from incidents.services.alert import fold_signal, raise_alert, resolve_alert
from incidents.services.extent import add_assets, add_sites, mark_site_recovered
from incidents.services.incident import (
    OutageTakenError,
    change_severity,
    declare_incident,
    start_response,
)
from incidents.services.regroup import (
    adopt_small_incidents,
    gather_orphans,
    leave_small_incident,
)
from incidents.services.silence import keep_quiet
from incidents.services.storm import (
    count_storms,
    declare_storm,
    is_storm,
    storm_under_way,
    worsen_storm,
)
from incidents.services.storm_fold import fold_storms
from incidents.services.timeline import write_entry
from incidents.services.triage_rules import (
    LARGE_RULES,
    alert_key,
    full_key,
    mode_of,
    own_group,
    severity_for,
    triage_of,
)
from telemetry.models import Signal, SignalRule
from telemetry.services.signal import mark_swept

logger = logging.getLogger(__name__)

BATCH = 200
CHUNK = 20
BUDGET_S = 0.5
RELAPSE_S = 1800


def sweep_signals(*, at: datetime) -> str:
    """Look at every signal that changed; return how many and what they became."""
    # A thousand signals at once must not keep the engine from its deadlines.
    ends = time.monotonic() + BUDGET_S
    swept = failed = 0
    while time.monotonic() < ends and (folded := fold_storms(at=at)):
        swept += folded
    fresh = list(
        Signal.objects.unswept()
        .select_related("site", "region", "device", "stream__asset", "asset")
        .order_by(Case(When(rule__in=LARGE_RULES, then=0), default=1), "opened_at", "pk")[:BATCH]
    )
    fresh.sort(key=lambda signal: (triage_of(signal).rank, signal.opened_at, signal.pk))
    for start in range(0, len(fresh), CHUNK):
        if time.monotonic() > ends:
            break
        done, broken = _sweep_chunk(signals=fresh[start : start + CHUNK], at=at)
        swept, failed = swept + done, failed + broken
    return f"{swept} signals" + (f", {failed} failed" if failed else "")


@verb
def _sweep_chunk(*, signals: Sequence[Signal], at: datetime) -> tuple[int, int]:
    """Look at some signals in one transaction, with a savepoint for each."""
    alerts: list[Alert | None] = []
    failed = 0
    for signal in signals:
        try:
            alerts.append(sweep_signal(signal=signal, at=at))
        except OperationalError:
            raise  # the database itself is in trouble
        except Exception:
            # Whatever one signal does, the others are looked at; this one is tried again.
            logger.exception("Signal %s (%s) was not triaged; it is tried again", signal.pk, signal)
            failed += 1
    count_storms(alerts=alerts, at=at)
    return len(alerts), failed


@verb
def sweep_signal(*, signal: Signal, at: datetime) -> Alert | None:
    """Turn one signal into an alert, and the alert into (a part of) an incident."""
    alert = _open(signal, at=at) if signal.closed_at is None else _close(signal, at=at)
    mark_swept(seen=[(signal.pk, signal.version)])
    return alert


def _open(signal: Signal, *, at: datetime) -> Alert:
    alert, is_new = raise_alert(
        key=alert_key(signal),
        rule=signal.rule,
        title=signal.title,
        params=signal.params,
        severity=signal.severity,
        sums=signal.sums,
        mode=mode_of(signal),
        site=signal.site,
        region=signal.region,
        device=signal.device,
        asset=signal.asset or (signal.stream.asset if signal.stream else None),
        at=at,
    )
    fold_signal(alert=alert, signal=signal, at=at)
    if keep_quiet(alert=alert, at=at):
        return alert
    if signal.rule == SignalRule.CANARY:
        return alert  # it proves that the chain works; it is nobody's incident
    incident = _incident_for(signal, alert, is_new=is_new, at=at)
    if incident is not None:
        _join(alert, incident, signal, at=at)
    return alert


def _incident_for(signal: Signal, alert: Alert, *, is_new: bool, at: datetime) -> Incident | None:
    key, mode = group_key(signal), mode_of(signal)
    standing = Incident.objects.ongoing().filter(mode=mode, group_key=key).first()
    if standing is not None:
        return standing
    if not is_new and alert.incident is not None:
        # A person said it is recovered, or nothing: a number that changes is no new outage.
        held = alert.incident.merged_into or alert.incident
        return held if held.is_ongoing else None
    return (
        _relapsed(key, mode, at=at)
        or _adopted(signal, key, at=at)
        or _new_or_nearby(signal, key, at=at)
    )


def group_key(signal: Signal) -> str:
    """The outage this signal belongs to: the larger one that explains it while that one holds."""
    if not signal.parent_key:
        return own_group(signal)
    rule, _colon, key = signal.parent_key.partition(":")
    holds = Signal.objects.open().filter(rule=rule, key__in=[key, signal.parent_key]).exists()
    ongoing = Incident.objects.ongoing().filter(mode=mode_of(signal), group_key=signal.parent_key)
    return signal.parent_key if holds or ongoing.exists() else own_group(signal)


def _adopted(signal: Signal, key: str, *, at: datetime) -> Incident | None:
    if triage_of(signal).rank > 2:
        return None
    plan = suggest_playbook(kind=triage_of(signal).kind, rule=signal.rule)
    return adopt_small_incidents(signal=signal, group_key=key, plan=plan, at=at)


def _new_or_nearby(signal: Signal, key: str, *, at: datetime) -> Incident | None:
    if storm := storm_under_way(signal, at=at):
        return storm
    is_explained = key != own_group(signal)
    if is_explained or signal.severity > triage_of(signal).opens_at:
        return _nearby(signal)
    storm = declare_storm(signal=signal, sites=_sites(signal), at=at)
    return storm or _declare(signal, key, at=at)


def _relapsed(key: str, mode: str, *, at: datetime) -> Incident | None:
    """The same outage back within half an hour is the same incident: its clock runs on."""
    incident = (
        Incident.objects.filter(mode=mode, group_key=key, status=IncidentStatus.RECOVERED)
        .order_by("-recovered_at")
        .first()
    )
    if incident is None or incident.recovered_at is None:
        return None
    if (at - incident.recovered_at).total_seconds() > RELAPSE_S:
        return None
    return start_response(incident=incident, actor=None, at=at, reason=gettext_noop("it came back"))


def _nearby(signal: Signal) -> Incident | None:
    """What would not open an incident of its own belongs to the one its site is in."""
    if signal.site is None:
        return None
    return (
        Incident.objects.ongoing()
        .filter(mode=mode_of(signal), sites__site=signal.site)
        .order_by("severity", "pk")
        .first()
    )


def _declare(signal: Signal, key: str, *, at: datetime) -> Incident:
    sites = _sites(signal)
    kind = triage_of(signal).kind
    try:
        return declare_incident(
            title=signal.title,
            title_params=signal.params,
            severity=severity_for(
                signal_severity=signal.severity,
                site_criticalities=[site.criticality for site in sites],
            ),
            kind=kind,
            mode=mode_of(signal),
            started_at=signal.began_at,
            detected_at=signal.opened_at,
            sites=sites,
            assets=_assets(signal, kind),
            group_key=key,
            verdict={"rule": signal.rule, "key": full_key(signal), "sums": signal.sums},
            suggested_playbook=suggest_playbook(kind=kind, rule=signal.rule),
            actor=None,
            at=at,
        )
    except OutageTakenError:
        # Another worker declared it first; the unique constraint is the judge.
        return Incident.objects.ongoing().get(mode=mode_of(signal), group_key=key)


def suggest_playbook(*, kind: str, rule: str = "") -> Playbook | None:
    """The plan for this: one written for the rule before one written for the kind."""
    usable = [
        playbook
        for playbook in Playbook.objects.usable().filter(retired_at=None).order_by("code")
        if kind in playbook.kinds or rule in playbook.rules
    ]
    return min(usable, key=lambda playbook: rule not in playbook.rules, default=None)


def _join(alert: Alert, incident: Incident, signal: Signal, *, at: datetime) -> None:
    is_new_here = alert.incident_id != incident.pk
    moved_from = alert.incident if is_new_here else None
    if is_new_here:
        alert.incident = incident
        alert.save(update_fields=["incident"])
    if is_storm(incident):
        worsen_storm(incident=incident, signal=signal, at=at)
    elif is_new_here:
        write_entry(
            incident=incident,
            kind=TimelineKind.ALERT,
            message="%(claim_said)s",
            params={"claim_said": {"message": signal.title, "params": signal.params}},
            actor=None,
            at=at,
            happened_at=signal.opened_at,
            # Of a thousand silent sites the timeline keeps each, the summary only the cause.
            importance=Importance.DETAIL if signal.parent_key else Importance.NORMAL,
        )
    if incident.signals_cleared_at is not None:
        incident.signals_cleared_at = None
        incident.save(update_fields=["signals_cleared_at"])
    _widen(incident, signal, at=at)
    if triage_of(signal).rank <= 2:
        gather_orphans(signal=signal, incident=incident)
    if moved_from is not None:
        leave_small_incident(incident=moved_from, into=incident, at=at)


def _widen(incident: Incident, signal: Signal, *, at: datetime) -> None:
    sites = _sites(signal)
    new = add_sites(incident=incident, sites=sites, affected_at=signal.began_at, at=at)
    assets = _assets(signal, IncidentKind(incident.kind))
    add_assets(incident=incident, assets=assets, down_at=signal.began_at, at=at)
    for site in sites:
        if incident.sites.filter(site=site).exclude(recovered_at=None).exists():
            mark_site_recovered(incident=incident, site=site, actor=None, at=at, is_back=False)
    if not new:
        return
    worse = severity_for(
        signal_severity=signal.severity,
        site_criticalities=list(incident.sites.values_list("site__criticality", flat=True)),
    )
    if worse < incident.severity:
        change_severity(
            incident=incident,
            severity=worse,
            actor=None,
            at=at,
            reason="",
        )


def _close(signal: Signal, *, at: datetime) -> Alert | None:
    alert = Alert.objects.unresolved().filter(key=alert_key(signal)).first()
    if alert is None:
        return None
    stale = "not_told_since" in signal.sums
    reason = gettext_noop("Not told again by the other monitor") if stale else ""
    alert = resolve_alert(alert=alert, actor=None, at=at, reason=reason)
    incident = alert.incident
    if incident is None or not incident.is_ongoing:
        return alert
    for site in _sites(signal):
        still = incident.alerts.unresolved().filter(site=site)
        if not still.exists():
            mark_site_recovered(incident=incident, site=site, actor=None, at=at)
    if not incident.alerts.unresolved().exists():
        _say_it_is_back(incident, at=at)
    return alert


def _say_it_is_back(incident: Incident, *, at: datetime) -> None:
    """Nothing is wrong any more by the machines; whether it is recovered, a person says."""
    incident = Incident.objects.select_for_update().get(pk=incident.pk)
    incident.signals_cleared_at = at
    incident.save(update_fields=["signals_cleared_at"])
    write_entry(
        incident=incident,
        kind=TimelineKind.ALERT,
        message=gettext_noop(
            "Every signal is clear: the link is back. Check the data, then say “recovered”."
        ),
        actor=None,
        at=at,
        importance=Importance.KEY,
    )


def _sites(signal: Signal) -> list[Site]:
    """The sites a signal is about."""
    pks = {*signal.site_ids, *([signal.site_id] if signal.site_id else [])}
    return list(Site.objects.filter(pk__in=pks).order_by("code")) if pks else []


def _assets(signal: Signal, kind: IncidentKind) -> list[Asset]:
    """The assets a signal names; a dead centre names what stands in no site of its own."""
    named = [signal.asset, signal.stream.asset if signal.stream else None]
    assets = [asset for asset in named if asset is not None]
    if kind == IncidentKind.CENTRAL and signal.rule == SignalRule.CENTRAL_DOWN:
        central = Asset.objects.in_use().filter(
            site__kind="data_centre", kind__in=["database", "infrastructure", "application"]
        )
        assets.extend(central)
    return assets
