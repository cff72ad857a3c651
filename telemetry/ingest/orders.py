"""What a device is told when it asks for its orders, and what it says about them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from telemetry.ingest.contract import OrderStatus
from telemetry.ingest.plan import Sorted
from telemetry.ingest.rows import given
from telemetry.models import DesiredState, Rung
from telemetry.services.order_ack import ToldAck

# States become visible in another order than they were numbered; this long looked at again.
_LOOK_BACK = timedelta(seconds=60)


def orders_for(device_id: int, after: int | None = None) -> dict[str, Any]:
    """The newest desired state of the device's site, unless it has that already."""
    current = (
        DesiredState.objects.current()
        .filter(site__devices=device_id)
        .values_list("epoch", "envelope")
        .first()
    )
    if current is None:
        return {"orders": [], "epoch": 0}
    epoch, envelope = current
    # Only the latest, never a queue of old commands.
    is_known = after is not None and after >= epoch
    return {"orders": [] if is_known else [envelope], "epoch": epoch}


def acks_in(batches: Iterable[Sorted]) -> list[ToldAck]:
    """What a group of batches says about orders."""
    return [
        ToldAck(
            device_id=batch.arrival.device_id,
            uid=UUID(item.order_id),
            rung=Rung(item.phase),
            said_at=item.at,
            channel=given(item.channel, ""),
            detail=given(item.detail, ""),
        )
        for batch in batches
        for item in batch.fresh
        if type(item) is OrderStatus
    ]


class EpochHints:
    """The newest epoch of each site that has one: a word in each reply costs no question."""

    def __init__(self) -> None:
        self._by_site: dict[int, int] = {}
        self._newest: datetime | None = None

    def refresh(self) -> None:
        """Read what was published since the last look."""
        rows = DesiredState.objects.current()
        if self._newest is not None:
            rows = rows.filter(published_at__gt=self._newest - _LOOK_BACK)
        found = dict(self._by_site)
        for site_id, epoch, published_at in rows.values_list("site_id", "epoch", "published_at"):
            found[site_id] = epoch
            self._newest = max(self._newest or published_at, published_at)
        self._by_site = found

    def of(self, site_id: int) -> int:
        """The epoch that a device of this site is told; 0: nothing was ever ordered."""
        return self._by_site.get(site_id, 0)
