"""Verbs of an alert storm: alerts that come from one source by the dozen are one incident.

People are called for the storm and not for each alert; nothing is silenced: every alert is kept,
counted in the summary of the incident, and linked to it.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_noop

from assets.models import Site
from bcp_portal.audit.verbs import verb
from incidents.models import Alert, Importance, Incident, TimelineKind
from incidents.models.wording import message_id
from incidents.services.incident import OutageTakenError, change_severity, declare_incident
from incidents.services.regroup import put_together
from incidents.services.timeline import write_entry
from incidents.services.triage_rules import full_key, mode_of, severity_for, triage_of
from telemetry.models import Signal, SignalRule

# So many causes for an incident of one source within the window are one storm.
STORM_FROM = 20
WINDOW = timedelta(minutes=5)
PREFIX = "storm:"
# Larger causes and matters of security speak for themselves.
OWN_VOICE = 3


def is_storm(incident: Incident) -> bool:
    """Whether an incident stands for a storm."""
    return incident.group_key.startswith(PREFIX)


def storm_under_way(signal: Signal, *, at: datetime) -> Incident | None:
    """The storm of this signal's source while it goes on; what comes later stands for itself."""
    storm = (
        Incident.objects.ongoing()
        .filter(mode=mode_of(signal), group_key=PREFIX + _scope(signal))
        .first()
    )
    return storm if storm is not None and storm_goes_on(storm, at=at) else None


def storm_goes_on(storm: Incident, *, at: datetime) -> bool:
    """Whether alerts joined it a short while ago."""
    since = at - WINDOW
    return storm.declared_at >= since or storm.alerts.filter(raised_at__gte=since).exists()


@verb
def declare_storm(*, signal: Signal, sites: Iterable[Site], at: datetime) -> Incident | None:
    """Open one incident when a source raises cause after cause; None while it is no storm.

    Small incidents that it opened just before, and nobody works on yet, become a part of it.
    """
    if triage_of(signal).rank <= OWN_VOICE:
        return None
    begun = _just_opened(signal, at=at)
    if begun.count() + _waiting(signal) < STORM_FROM:
        return None
    places = list(sites)
    try:
        storm = declare_incident(
            **_facts(signal, [site.criticality for site in places]),
            sites=places,
            started_at=signal.began_at,
            detected_at=signal.opened_at,
            actor=None,
            at=at,
        )
    except OutageTakenError:
        return storm_under_way(signal, at=at)
    _gather(storm, signal, at=at)
    for small in begun:
        put_together(small=small, into=storm, at=at)
    return storm


@verb
def count_storms(*, alerts: Iterable[Alert | None], at: datetime) -> None:
    """Note in each storm how many alerts joined it just now: one entry, not one for each."""
    fresh = [alert for alert in alerts if alert is not None and alert.raised_at == at]
    storms = {alert.incident for alert in fresh if alert.incident and is_storm(alert.incident)}
    joined = Counter(alert.incident_id for alert in fresh)
    for storm in storms:
        write_entry(
            incident=storm,
            kind=TimelineKind.ALERT,
            message=gettext_noop("%(count)d alerts joined the storm; %(total)d in all"),
            params={"count": joined[storm.pk], "total": storm.alerts.count()},
            actor=None,
            at=at,
            importance=Importance.DETAIL,
        )


@verb
def worsen_storm(*, incident: Incident, signal: Signal, at: datetime) -> None:
    """A storm is as grave as the gravest alert in it."""
    if signal.severity < incident.severity:
        change_severity(incident=incident, severity=signal.severity, actor=None, at=at)
        incident.severity = signal.severity


def _scope(signal: Signal) -> str:
    """What counts as one source: a monitor elsewhere, or one rule of ours."""
    if signal.rule == SignalRule.EXTERNAL:
        return f"{signal.rule}:{signal.key.partition(':')[0]}:"
    return f"{signal.rule}:"


def _just_opened(signal: Signal, *, at: datetime) -> QuerySet[Incident]:
    return (
        Incident.objects.ongoing()
        .filter(
            mode=mode_of(signal),
            declared_at__gte=at - WINDOW,
            verdict__key__startswith=_scope(signal),
        )
        .exclude(group_key__startswith=PREFIX)
    )


def _gather(storm: Incident, signal: Signal, *, at: datetime) -> None:
    """Mild alerts that the source raised just before stood alone: they belong to the storm."""
    Alert.objects.unresolved().filter(
        incident=None,
        silence=None,
        mode=storm.mode,
        rule=signal.rule,
        key__startswith=f"{storm.mode}:{_scope(signal)}",
        raised_at__gte=at - WINDOW,
    ).update(incident=storm)


def _waiting(signal: Signal) -> int:
    """Causes of the same source that nobody has looked at yet; there is no need to count on."""
    own = signal.key.partition(":")[0] + ":" if signal.rule == SignalRule.EXTERNAL else ""
    waiting = Signal.objects.open().filter(
        rule=signal.rule,
        key__startswith=own,
        swept_version=0,
        parent_key="",
        is_exercise=signal.is_exercise,
        severity__lte=triage_of(signal).opens_at,
    )
    return waiting[:STORM_FROM].count()


def _facts(signal: Signal, criticalities: list[int]) -> dict[str, Any]:
    key = PREFIX + _scope(signal)
    label = message_id(SignalRule(signal.rule).label)
    is_external = signal.rule == SignalRule.EXTERNAL
    return {
        "title": (
            gettext_noop("Alert storm from %(monitor)s")
            if is_external
            else gettext_noop("Alert storm: %(rule_label)s")
        ),
        "title_params": (
            {"monitor": signal.params.get("monitor", "")} if is_external else {"rule_label": label}
        ),
        "severity": severity_for(signal_severity=signal.severity, site_criticalities=criticalities),
        "kind": triage_of(signal).kind,
        "mode": mode_of(signal),
        "group_key": key,
        "verdict": {"rule": signal.rule, "key": full_key(signal), "sums": {}},
    }
