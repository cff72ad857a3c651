"""Verbs of a desired state: published when orders change what a site should do, never edited."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Max

from assets.models import Site
from bcp_portal.audit.verbs import verb
from bcp_portal.live.services import publish
from bcp_portal.shared.hashing import canonical_json
from telemetry.models import DesiredState, Device, Order, OrderDelivery, OrderSite
from telemetry.models.desired_state import HIGHEST_BELIEVED
from telemetry.models.order import LIVE_STATUSES
from telemetry.ordering.compose import core_of
from telemetry.ordering.signing import sign
from telemetry.ordering.spoken import order_uid

# Above this, one word about all sites is cheaper for everybody than a word about each.
_MOST_SITES_NAMED = 50
_BATCH = 500


@dataclass
class _Standing:
    """What is known of one site before its new state is made."""

    orders: list[Order] = field(default_factory=list)
    devices: list[Device] = field(default_factory=list)
    current: DesiredState | None = None
    epoch: int = 0


@verb
def publish_states(
    *, site_ids: Iterable[int], order: Order | None, at: datetime, renew: bool = False
) -> int:
    """Work out what each site should do now, and sign it where that changed; return how many.

    `renew` signs it again under a higher number although nothing changed: a device remembers
    more than we do, because it moved here or because we were restored from a backup.
    """
    sites = list(Site.objects.select_for_update().filter(pk__in=set(site_ids)).order_by("pk"))
    standings = _standings([site.pk for site in sites])
    fresh: list[DesiredState] = []
    for site in sites:
        standing = standings[site.pk]
        core = core_of(standing.orders, at=at)
        if not renew and not _is_news(core, standing.current):
            continue
        fresh.append(_state(site, standing, core, order=order, at=at))
    _replace(fresh, standings, at=at)
    _tell(fresh, at=at)
    return len(fresh)


def _is_news(core: dict[str, Any], current: DesiredState | None) -> bool:
    if current is None:
        return bool(core["because"])
    return canonical_json(core) != canonical_json(
        {name: told for name, told in current.document.items() if name not in _STAMPED}
    )


_STAMPED = frozenset({"version", "order_id", "site", "epoch", "issued_at", "not_before"})


def _state(
    site: Site, standing: _Standing, core: dict[str, Any], *, order: Order | None, at: datetime
) -> DesiredState:
    epoch = standing.epoch + 1
    uid = order_uid(site.code, epoch)
    stamp = {
        "version": 1,
        "order_id": str(uid),
        "site": site.code,
        "epoch": epoch,
        "issued_at": at,
        "not_before": None,
    }
    document = json.loads(canonical_json(stamp | core))
    return DesiredState(
        uid=uid,
        site=site,
        epoch=epoch,
        order=order,
        mode=core["mode"],
        document=document,
        envelope=sign(document),
        published_at=at,
    )


def _standings(site_ids: Sequence[int]) -> dict[int, _Standing]:
    standings: dict[int, _Standing] = defaultdict(_Standing)
    targets = OrderSite.objects.filter(
        site_id__in=site_ids, ended_at=None, order__status__in=LIVE_STATUSES
    )
    for target in targets.select_related("order").order_by("order__number"):
        standings[target.site_id].orders.append(target.order)
    for state in DesiredState.objects.current().filter(site_id__in=site_ids):
        standings[state.site_id].current = state
    numbers = DesiredState.objects.filter(site_id__in=site_ids).values("site_id")
    for row in numbers.annotate(highest=Max("epoch")):
        standings[row["site_id"]].epoch = row["highest"]
    devices = Device.objects.in_service().filter(site_id__in=site_ids).select_related("state")
    for device in devices.order_by("pk"):
        standing = standings[device.site_id]
        standing.devices.append(device)
        standing.epoch = max(standing.epoch, _claimed(device))
    return standings


def _claimed(device: Device) -> int:
    """The highest number a device says it has seen: here, at another site, or before a restore."""
    state = getattr(device, "state", None)
    claimed = state.acked_order_epoch if state else 0
    return claimed if claimed < HIGHEST_BELIEVED else 0


def _replace(
    fresh: Sequence[DesiredState], standings: dict[int, _Standing], *, at: datetime
) -> None:
    replaced = [state.site_id for state in fresh]
    DesiredState.objects.current().filter(site_id__in=replaced).update(superseded_at=at)
    DesiredState.objects.bulk_create(fresh, batch_size=_BATCH)
    OrderDelivery.objects.bulk_create(
        [
            OrderDelivery(desired_state=state, device=device)
            for state in fresh
            for device in standings[state.site_id].devices
        ],
        batch_size=_BATCH,
    )


def _tell(fresh: Sequence[DesiredState], *, at: datetime) -> None:
    if not fresh:
        return
    publish(topic="orders", kind="published", at=at, permission="telemetry.view_order")
    for state in fresh[:_MOST_SITES_NAMED]:
        publish(
            topic=f"site:{state.site_id}",
            kind="order",
            at=at,
            permission="assets.view_site",
            site_id=state.site_id,
        )
