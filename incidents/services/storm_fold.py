"""Verbs that take the alerts of a storm in by the hundred, each kept and audited, in one pass."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from assets.models import Asset, Site
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.live.services import publish, told_once
from incidents.models import Alert, AlertSignal, Incident, RunMode, Silence
from incidents.services.extent import add_assets, add_sites
from incidents.services.silence import fits
from incidents.services.storm import PREFIX, count_storms, storm_goes_on, worsen_storm
from incidents.services.triage_rules import alert_key
from telemetry.models import Signal
from telemetry.services.signal import mark_swept

AT_ONCE = 200


def fold_storms(*, at: datetime) -> int:
    """Take into each storm that goes on what its source has said meanwhile; return how many."""
    storms = Incident.objects.ongoing().filter(group_key__startswith=PREFIX)
    return sum(fold_storm(storm=storm, at=at) for storm in storms if storm_goes_on(storm, at=at))


@verb
def fold_storm(*, storm: Incident, at: datetime) -> int:
    """Take in what is new, silenced by nobody, and explained by nothing larger.

    Whatever is not that plain is left to the look at each signal.
    """
    plain = _plain(_waiting(storm), at=at)
    if not plain:
        return 0
    alerts = [_alert(signal, storm, at=at) for signal in plain]
    try:
        with transaction.atomic():
            Alert.objects.bulk_create(alerts)
    except IntegrityError:
        return 0  # another worker looked first: the look at each signal is the judge
    AlertSignal.objects.bulk_create(
        AlertSignal(alert=alert, signal=signal, folded_at=at)
        for alert, signal in zip(alerts, plain, strict=True)
    )
    _note(alerts, at=at)
    _widen(storm, plain, at=at)
    worsen_storm(incident=storm, signal=min(plain, key=lambda signal: signal.severity), at=at)
    count_storms(alerts=alerts, at=at)
    mark_swept(seen=[(signal.pk, signal.version) for signal in plain])
    return len(plain)


def _waiting(storm: Incident) -> list[Signal]:
    rule, _colon, key = storm.group_key.removeprefix(PREFIX).partition(":")
    rows = (
        Signal.objects.open()
        .unswept()
        .filter(
            rule=rule,
            key__startswith=key,
            swept_version=0,
            parent_key="",
            is_exercise=storm.mode == RunMode.EXERCISE,
        )
    )
    return list(rows.select_related("site", "region", "asset", "stream__asset")[:AT_ONCE])


def _plain(signals: Sequence[Signal], *, at: datetime) -> list[Signal]:
    keys = [alert_key(signal) for signal in signals]
    known = set(Alert.objects.unresolved().filter(key__in=keys).values_list("key", flat=True))
    quiet = list(Silence.objects.standing(at)) if signals else []
    return [
        signal
        for signal, key in zip(signals, keys, strict=True)
        if key not in known and not any(fits(row, _alert(signal, None, at=at)) for row in quiet)
    ]


def _alert(signal: Signal, storm: Incident | None, *, at: datetime) -> Alert:
    return Alert(
        key=alert_key(signal),
        rule=signal.rule,
        title=signal.title,
        params=signal.params,
        severity=signal.severity,
        sums=signal.sums,
        mode=storm.mode if storm else RunMode.LIVE,
        site=signal.site,
        region=signal.region,
        device_id=signal.device_id,
        asset=signal.asset or (signal.stream.asset if signal.stream else None),
        incident=storm,
        signal_count=1,
        raised_at=at,
        first_signal_at=at,
        last_signal_at=at,
    )


def _note(alerts: Iterable[Alert], *, at: datetime) -> None:
    """Each alert is in the trail; the screens hear once for each site."""
    sites = set()
    for alert in alerts:
        sites.add(alert.site_id)
        audit(
            action="alert.raise",
            obj=alert,
            actor=None,
            at=at,
            after={"rule": alert.rule, "severity": alert.severity, "key": alert.key},
        )
    with told_once():
        for site_id in sites:
            publish(
                topic="alerts",
                kind="raised",
                at=at,
                permission="incidents.view_alert",
                site_id=site_id,
            )


def _widen(storm: Incident, signals: Sequence[Signal], *, at: datetime) -> None:
    began = min(signal.began_at for signal in signals)
    hit = {pk for signal in signals for pk in (*signal.site_ids, signal.site_id) if pk}
    add_sites(incident=storm, sites=Site.objects.filter(pk__in=hit), affected_at=began, at=at)
    named = [signal.asset or (signal.stream.asset if signal.stream else None) for signal in signals]
    assets: dict[int, Asset] = {asset.pk: asset for asset in named if asset is not None}
    add_assets(incident=storm, assets=assets.values(), down_at=began, at=at)
