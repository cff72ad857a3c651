"""Verbs of a monitor elsewhere and of what it tells."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
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
from telemetry.services.intake import take_claims, take_ends
from telemetry.services.signal import Claim, close_signal
from telemetry.tokens import WEBHOOK_KEY, WEBHOOK_KEY_PREFIX

# Alertmanager repeats what fires every four hours unless told otherwise.
STALE_AFTER = timedelta(hours=12)
STALE_AT_ONCE = 500
# Between two notes that a monitor was heard: its row is shared by all that tell at once.
HEARD_AGAIN = timedelta(seconds=5)


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
        stale_after=None if kind is WebhookKind.GENERIC else STALE_AFTER,
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
def change_mapping(
    *, source: WebhookSource, mapping: Mapping[str, Any], actor: User, at: datetime
) -> WebhookSource:
    """Read a monitor's deliveries another way; the trail keeps how they were read before."""
    check_mapping(mapping)
    source = WebhookSource.objects.select_for_update().get(pk=source.pk)
    before, after = source.mapping, dict(mapping)
    if before != after:
        source.mapping = after
        source.save(update_fields=["mapping"])
        audit(
            action="webhook_source.map", obj=source, actor=actor, at=at,
            before={"mapping": before}, after={"mapping": after},
        )  # fmt: skip
    return source


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
    if source.last_received_at is None or at - source.last_received_at > HEARD_AGAIN:
        WebhookSource.objects.filter(pk=source.pk).update(last_received_at=at)
    sites = _sites(alerts)
    firing = [alert for alert in alerts if alert.is_firing]
    claims = [
        _claim(source, alert, sites.get(alert.site_code.casefold()) or source.site, at=at)
        for alert in firing
    ]
    ends = {
        # Their clock may be ahead of ours here, too.
        f"{source.pk}:{alert.key}": min(alert.ended_at or at, at)
        for alert in alerts
        if not alert.is_firing
    }
    if claims:
        take_claims(claims=claims, at=at)
    if ends:
        take_ends(ends=ends, at=at)
    return len(firing)


def end_stale_signals(*, at: datetime) -> str:
    """Close what other monitors have not told again for longer than they may; return how many."""
    ended = 0
    for source in WebhookSource.objects.filter(stale_after__isnull=False, revoked_at=None):
        if source.stale_after is not None:
            ended += _end_stale(source=source, before=at - source.stale_after, at=at)
    return f"{ended} ended"


@verb
def _end_stale(*, source: WebhookSource, before: datetime, at: datetime) -> int:
    """Say of what nobody repeats that it no longer holds as far as we know."""
    forgotten = Signal.objects.open().filter(
        rule=SignalRule.EXTERNAL, key__startswith=f"{source.pk}:", told_at__lt=before
    )
    ended = 0
    for signal in forgotten[:STALE_AT_ONCE]:
        signal.sums = signal.sums | {"not_told_since": str(signal.told_at)}
        signal.save(update_fields=["sums"])
        ended += close_signal(signal=signal, at=at)
    return ended


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
