"""Verbs of what we believe about devices and sites: only rows that changed are written."""

from collections.abc import Mapping
from datetime import datetime

from bcp_portal.audit.verbs import verb
from bcp_portal.live.services import publish
from telemetry.detection.facts import DeviceFacts, Fleet, SiteFacts, SiteSeen, StreamFacts
from telemetry.detection.node_state import SILENT, device_state, site_state
from telemetry.detection.silence import flapping, next_flap_bits
from telemetry.models import DeviceState, NodeState, SiteState
from telemetry.services.site_span import begin_spans

# More news than this in one pass is told as one: "look at everything again".
TELL_APART = 50
# Rows named in one statement.
AT_ONCE = 1000


@verb
def write_device_states(*, fleet: Fleet, is_blind: bool, at: datetime) -> Mapping[int, NodeState]:
    """Say what each device is now; return the states by device."""
    states: dict[int, NodeState] = {}
    # Most devices change in the same way at the same time: one statement for each way.
    alike: dict[tuple[tuple[str, object], ...], list[int]] = {}
    for site in fleet.sites.values():
        for device in site.devices:
            state = device_state(
                device,
                at=at,
                in_window=site.in_window,
                is_blind=is_blind,
                streams=fleet.streams.get(site.pk, ()),
            )
            states[device.pk] = state
            if changes := _changes(device, state, at):
                alike.setdefault(tuple(changes.items()), []).append(device.pk)
    for way, pks in alike.items():
        for first in range(0, len(pks), AT_ONCE):
            batch = DeviceState.objects.filter(device__pk__among=pks[first : first + AT_ONCE])
            batch.update(**dict(way))
    return states


def _changes(device: DeviceFacts, state: NodeState, at: datetime) -> dict[str, object]:
    changes: dict[str, object] = {}
    if state != device.node_state:
        changes |= {"node_state": state, "node_state_since": at}
        if state in SILENT:
            # From here on it has to prove that it is back.
            changes["heartbeats_since_return"] = 0
    bits = next_flap_bits(device, at)
    # A link that was steady and is: nothing to note, and most are.
    if bits is not None and (bits or device.flap_bits):
        is_flapping = flapping(bits, was_flapping=device.is_flapping)
        changes |= {"flap_bits": bits, "flap_checked_at": at}
        if is_flapping != device.is_flapping:
            changes["is_flapping"] = is_flapping
    return changes


@verb
def write_site_states(*, fleet: Fleet, states: Mapping[int, NodeState], at: datetime) -> int:
    """Roll devices and streams up to their sites; return how many sites changed."""
    fresh: list[SiteState] = []
    changed: list[SiteState] = []
    moved: list[SiteState] = []
    for site in fleet.sites.values():
        seen = fleet.known.get(site.pk)
        now = _roll_up(site, fleet.streams.get(site.pk, ()), states, seen, at)
        if now == seen:
            continue
        row = SiteState(
            pk=site.pk, last_received_at=site.last_received_at, changed_at=at, **now._asdict()
        )
        (changed if seen else fresh).append(row)
        if seen is None or seen.node_state != now.node_state:
            moved.append(row)
    SiteState.objects.bulk_create(fresh, ignore_conflicts=True)
    # Rows that exist, written over: one statement without a choice for each row and column.
    SiteState.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["site"],
        update_fields=_ROLLED,
        batch_size=AT_ONCE,
    )
    if moved:
        begin_spans(states={row.pk: row.node_state for row in moved}, at=at)
    _tell([*fresh, *changed], at=at)
    return len(fresh) + len(changed)


_ROLLED = [*SiteSeen._fields, "last_received_at", "changed_at"]


def _roll_up(
    site: SiteFacts,
    streams: tuple[StreamFacts, ...],
    states: Mapping[int, NodeState],
    seen: SiteSeen | None,
    at: datetime,
) -> SiteSeen:
    """What people should see of one site now."""
    state = site_state(states[device.pk] for device in site.devices)
    oldest = [s.oldest_pending_at for s in streams if s.oldest_pending_at]
    due = [s.oldest_pending_at + s.rpo for s in streams if s.oldest_pending_at and s.rpo]
    stayed = seen is not None and seen.node_state == state and seen.since is not None
    return SiteSeen(
        node_state=state,
        since=seen.since if seen and stayed else at,
        pending_records=sum(s.pending_records for s in streams),
        pending_bytes=sum(s.pending_bytes or 0 for s in streams),
        pending_value_minor=sum(s.pending_value_minor or 0 for s in streams),
        oldest_pending_at=min(oldest, default=None),
        rpo_due_at=min(due, default=None),
        # One stream without an RPO, or no stream at all, and the clock is a guess.
        rpo_is_known=bool(streams) and all(s.rpo is not None for s in streams),
    )


def _tell(rows: list[SiteState], *, at: datetime) -> None:
    if not rows:
        return
    if len(rows) <= TELL_APART:
        for row in rows:
            publish(
                topic=f"site:{row.pk}",
                kind=row.node_state,
                at=at,
                permission="assets.view_site",
                site_id=row.pk,
            )
    publish(topic="sites", kind="changed", at=at, permission="assets.view_site")
