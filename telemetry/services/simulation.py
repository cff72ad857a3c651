"""Verbs that play a planned fleet into a scratch database, for the real detection to judge."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F

from assets.models import Region, Site
from bcp_portal.audit.verbs import verb
from telemetry.models import (
    Device,
    DeviceState,
    NodeState,
    ObserverProbe,
    Sample,
    SiteState,
    Stream,
    StreamState,
)
from telemetry.simulation import PERIOD_S, SimSite

BOOT = UUID("51e0a7e0-0000-4000-8000-000000000001")
BUFFERED = 60


@verb
def lay_out(*, sites: list[SimSite], at: datetime) -> dict[int, int]:
    """Write the fleet, all of it online; return the device of each site's number."""
    regions = {
        code: Region.objects.create(code=code, name=f"Region {code}")
        for code in sorted({site.region for site in sites})
    }
    places = Site.objects.bulk_create(
        [
            Site(
                code=f"B-{one.number:05d}",
                name=f"Branch {one.number}",
                region=regions[one.region],
                provider=one.provider,
                shard=one.shard,
            )
            for one in sites
        ]
    )
    devices = Device.objects.bulk_create(
        [
            Device(
                site=place,
                name="device",
                token_hash=f"{number:064d}",
                enrolled_at=at,
                heartbeat_every_s=PERIOD_S,
            )
            for number, place in enumerate(places)
        ]
    )
    _tell_states(places, devices, at)
    return {number: device.pk for number, device in enumerate(devices)}


def _tell_states(places: list[Site], devices: list[Device], at: datetime) -> None:
    DeviceState.objects.bulk_create(
        [
            DeviceState(
                device=device,
                boot_id=BOOT,
                last_received_at=at,
                last_sampled_at=at,
                node_state=NodeState.ONLINE,
                node_state_since=at,
                heartbeats_since_return=2,
                reach={"central": {"ok": True}},
            )
            for device in devices
        ]
    )
    SiteState.objects.bulk_create(
        [SiteState(site=place, node_state=NodeState.ONLINE, since=at) for place in places]
    )
    streams = Stream.objects.bulk_create([Stream(site=place, name="sales") for place in places])
    StreamState.objects.bulk_create(
        [
            StreamState(stream=stream, device=device, sampled_at=at, received_at=at)
            for stream, device in zip(streams, devices, strict=True)
        ]
    )


@verb
def beat(*, devices: Iterable[int], centre_answers: bool, at: datetime) -> None:
    """These devices are heard, and say whether they reach the centre."""
    DeviceState.objects.filter(pk__in=list(devices)).update(
        last_received_at=at,
        last_sampled_at=at,
        changed_at=at,
        heartbeats_since_return=F("heartbeats_since_return") + 1,
        reach={"central": {"ok": centre_answers}},
    )


@verb
def see(*, witnesses_answer: bool, at: datetime) -> None:
    """Our own probes of three witnesses, and of the centre."""
    for number in range(3):
        ObserverProbe.objects.update_or_create(
            witness=f"tcp://witness-{number}:1",
            defaults={"role": "witness", "probed_at": at, "is_ok": witnesses_answer},
        )


@verb
def pull_the_plug(*, devices: Iterable[int], at: datetime) -> None:
    """The power goes in the middle of a sync; the last word was "on battery"."""
    pks = list(devices)
    DeviceState.objects.filter(pk__in=pks).update(
        reported_state="syncing", host={"on_ups": True}, last_sampled_at=at
    )
    StreamState.objects.filter(device__in=pks).update(pending_records=40, sampled_at=at)


@verb
def restore_power(*, devices: Iterable[int]) -> None:
    """The machines are back and their queues empty."""
    pks = list(devices)
    DeviceState.objects.filter(pk__in=pks).update(reported_state="online", host={})
    StreamState.objects.filter(device__in=pks).update(pending_records=0)


@verb
def turn_clocks(*, devices: Iterable[int], offset_ms: int) -> None:
    """Their clocks are off by so much from now on."""
    DeviceState.objects.filter(pk__in=list(devices)).update(clock_offset_ms=offset_ms)


@verb
def flood(*, devices: Iterable[int], began_at: datetime, at: datetime) -> int:
    """Everything that was buffered comes at once: old samples, with the ladder of then."""
    span = (at - began_at) / BUFFERED
    body = {"reach": {"gateway": {"ok": True}, "internet": {"ok": False}}}
    rows = [
        Sample(
            device_id=pk,
            boot_id=BOOT,
            seq=round(at.timestamp()) * 100 + number,
            kind="heartbeat",
            sampled_at=began_at + span * number + timedelta(seconds=1),
            received_at=at,
            content_hash="",
            body=body,
        )
        for pk in devices
        for number in range(BUFFERED)
    ]
    Sample.objects.bulk_create(rows, batch_size=2000)
    return len(rows)
