"""Verbs of a monitor elsewhere and of what it tells."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from assets.models import Asset, Site
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError
from bcp_portal.shared.hashing import keyed_hash, new_secret
from telemetry.adapters.alertmanager import read_alertmanager
from telemetry.adapters.external import ExternalAlert
from telemetry.adapters.generic import check_mapping, read_generic
from telemetry.models import Signal, SignalRule, WebhookSource
from telemetry.models.webhook_source import WebhookKind
from telemetry.services.signal import Claim, assert_claim, close_signal
from telemetry.tokens import WEBHOOK_KEY, WEBHOOK_KEY_PREFIX


class UnknownWebhookError(DomainError):
    """No monitor has this key."""


@verb
def create_webhook_source(
    *,
    name: str,
    kind: WebhookKind,
    actor: User | None,
    at: datetime,
    site: Site | None = None,
    asset: Asset | None = None,
    mapping: Mapping[str, Any] | None = None,
) -> tuple[WebhookSource, str]:
    """Let another monitor report to us, and make its key, which is shown this once."""
    if kind is WebhookKind.GENERIC:
        check_mapping(mapping or {})
    key = new_secret(WEBHOOK_KEY_PREFIX)
    source = WebhookSource.objects.create(
        name=name.strip() or str(kind.label),
        kind=kind,
        key_hash=keyed_hash(WEBHOOK_KEY, key),
        site=site,
        asset=asset,
        mapping=dict(mapping or {}),
        created_at=at,
    )
    audit(
        action="webhook_source.create",
        obj=source,
        actor=actor,
        at=at,
        after={"name": source.name, "kind": kind.value, "mapping": source.mapping},
    )
    return source, key


@verb
def revoke_webhook_source(
    *, source: WebhookSource, actor: User | None, at: datetime, reason: str = ""
) -> WebhookSource:
    """Take nothing more from a monitor; what it said before no longer holds."""
    source.revoked_at = at
    source.save(update_fields=["revoked_at"])
    for signal in Signal.objects.open().filter(
        rule=SignalRule.EXTERNAL, key__startswith=f"{source.pk}:"
    ):
        close_signal(signal=signal, at=at)
    audit(action="webhook_source.revoke", obj=source, actor=actor, at=at, reason=reason)
    return source


@verb
def receive_delivery(*, key: str, kind: WebhookKind, content: object, at: datetime) -> int:
    """Take one delivery of another monitor; return how many of its alerts fire.

    The same alert may be told any number of times and is one signal; an alert that is missing
    from a delivery is not over, only one that says so is.
    """
    source = WebhookSource.objects.filter(
        key_hash=keyed_hash(WEBHOOK_KEY, key), kind=kind, revoked_at=None
    ).first()
    if source is None:
        raise UnknownWebhookError(_("No monitor of this kind has this key."))
    alerts = (
        read_generic(content, source.mapping)
        if kind is WebhookKind.GENERIC
        else read_alertmanager(content)
    )
    source.last_received_at = at
    source.save(update_fields=["last_received_at"])
    sites = _sites(alerts)
    for alert in alerts:
        if alert.is_firing:
            site = sites.get(alert.site_code.casefold()) or source.site
            assert_claim(claim=_claim(source, alert, site, at=at), at=at)
    over = {f"{source.pk}:{alert.key}" for alert in alerts if not alert.is_firing}
    for signal in Signal.objects.open().filter(rule=SignalRule.EXTERNAL, key__in=sorted(over)):
        close_signal(signal=signal, at=at)
    return sum(alert.is_firing for alert in alerts)


def _sites(alerts: Sequence[ExternalAlert]) -> dict[str, Site]:
    codes = {alert.site_code for alert in alerts if alert.site_code}
    spelled = codes | {code.upper() for code in codes}
    return {site.code.casefold(): site for site in Site.objects.filter(code__in=spelled)}


def _claim(
    source: WebhookSource, alert: ExternalAlert, site: Site | None, *, at: datetime
) -> Claim:
    return Claim(
        rule=SignalRule.EXTERNAL,
        key=f"{source.pk}:{alert.key}",
        severity=alert.severity,
        title=gettext_noop("%(monitor)s: %(text)s"),
        params={"monitor": source.name, "text": alert.title},
        sums={"labels": alert.labels, "link": alert.link},
        # Their clock may be ahead of ours; nothing begins after we heard of it.
        began_at=min(alert.started_at or at, at),
        site_id=site.pk if site else None,
        region_id=site.region_id if site else None,
        asset_id=source.asset_id,
        site_ids=(site.pk,) if site else (),
    )
