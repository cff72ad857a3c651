"""Deliveries of Prometheus Alertmanager, and of Grafana, which speaks the same shape.

What the real one does: the same group comes again and again while it fires; one alert of a group
may be resolved while its neighbours still fire; `endsAt` in the year 1 means "still firing"; and a
"resolved" may never come, so nobody may wait for it.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from telemetry.adapters.external import (
    MAX_ALERTS,
    ExternalAlert,
    moment_of,
    plain,
    refuse,
    severity_of,
    too_many,
    words_of,
)

SITE_LABELS = ("site", "site_code", "branch")


def read_alertmanager(content: object) -> list[ExternalAlert]:
    """Translate one delivery; alerts without labels are left out, none at all is refused."""
    if not isinstance(content, Mapping):
        raise refuse(_("The body is not a JSON object as Alertmanager sends it."))
    alerts = content.get("alerts")
    if not isinstance(alerts, list):
        raise refuse(_("The delivery has no list called “alerts”; is this Alertmanager's webhook?"))
    if len(alerts) > MAX_ALERTS:
        raise too_many(len(alerts))
    read = [_alert(alert) for alert in alerts if isinstance(alert, Mapping)]
    usable = [alert for alert in read if alert.labels or alert.key]
    if alerts and not usable:
        raise refuse(_("No alert in the delivery has labels or a fingerprint to know it by."))
    return usable


def _alert(alert: Mapping[str, Any]) -> ExternalAlert:
    labels = words_of(alert.get("labels"))
    notes = words_of(alert.get("annotations"))
    status = plain(alert.get("status")).lower()
    return ExternalAlert(
        key=plain(alert.get("fingerprint"))[:80] or _fingerprint(labels),
        # The status speaks; without one, an end that is not Go's year 1 means it is over.
        is_firing=status != "resolved" if status else moment_of(alert.get("endsAt")) is None,
        title=_title(labels, notes),
        severity=severity_of(labels.get("severity", "")),
        site_code=next((labels[name] for name in SITE_LABELS if labels.get(name)), ""),
        started_at=moment_of(alert.get("startsAt")),
        ended_at=moment_of(alert.get("endsAt")),
        labels=labels,
        link=plain(alert.get("generatorURL"))[:500],
    )


def _title(labels: dict[str, str], notes: dict[str, str]) -> str:
    for text in (notes.get("summary"), notes.get("description"), labels.get("alertname")):
        if text:
            return text[:200]
    return ", ".join(f"{name}={value}" for name, value in sorted(labels.items()))[:200]


def _fingerprint(labels: dict[str, str]) -> str:
    if not labels:
        return ""
    text = "\x00".join(f"{name}\x01{value}" for name, value in sorted(labels.items()))
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
