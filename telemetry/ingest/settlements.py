"""Decided conflicts on their way to the site: sealed like an order, handed over until agreed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from telemetry.conflicts.instructions import instructions_for
from telemetry.models import Device
from telemetry.ordering.signing import sign
from telemetry.services.conflict_agreement import mark_instructions_sent


def settlements_for(device_id: int, at: datetime) -> dict[str, Any] | None:
    """The sealed decisions that the device's site must carry out; None when there are none.

    They hold no time of the handing over: the same decisions are the same bytes, so a device
    that has them already is answered with "not modified".
    """
    device = Device.objects.select_related("site").get(pk=device_id)
    instructions = instructions_for(device.site_id)
    if not instructions:
        return None
    uids = [UUID(one["decision_id"]) for one in instructions]
    mark_instructions_sent(site_id=device.site_id, uids=uids, at=at)
    return sign({"version": 1, "site": device.site.code, "settlements": instructions})
