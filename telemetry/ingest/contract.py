"""The batch of the telemetry contract, as types: what a device may say, field by field.

These structs and static/telemetry.schema.json say the same thing; a test keeps them together.
An optional field may be left out, but it may not be null.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Raw, Struct, UnsetType

# What a bigint column can hold; the published schema names the same bound.
HIGHEST = 9223372036854775807
MAX_ITEMS = 500

Number = Annotated[int, Meta(ge=0, le=HIGHEST)]
Signed = Annotated[int, Meta(ge=-HIGHEST, le=HIGHEST)]
Sequence = Annotated[int, Meta(ge=1, le=HIGHEST)]
Moment = Annotated[datetime, Meta(tz=True)]
Text40 = Annotated[str, Meta(max_length=40)]
Text64 = Annotated[str, Meta(max_length=64)]
Text80 = Annotated[str, Meta(max_length=80)]
Text128 = Annotated[str, Meta(max_length=128)]
Text256 = Annotated[str, Meta(max_length=256)]
Text300 = Annotated[str, Meta(max_length=300)]
Percent = Annotated[float, Meta(ge=0, le=100)]
Uuid = Annotated[
    str, Meta(pattern=r"^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\Z", max_length=36)
]
HybridClock = Annotated[str, Meta(pattern=r"^[0-9]{13}-[0-9a-f]{4}-[0-9a-zA-Z_-]{1,32}\Z")]


class Strict(Struct, forbid_unknown_fields=True, gc=False):
    """A part of the contract that knows all of its fields."""


class Digest(Strict):
    """A fingerprint of a stream's content."""

    alg: Literal["sha256-merkle", "sha256-sorted", "xxh64-sum"]
    value: Text128
    rows: Number
    scope: Text64 | UnsetType = UNSET
    as_of: Text128 | UnsetType = UNSET


class Item(Strict):
    """What every item carries: its place in the sequence and the device's own time."""

    seq: Sequence
    at: Moment
    at_mono_ms: Number | UnsetType = UNSET
    hlc: HybridClock | UnsetType = UNSET


class Reach(Strict):
    """Whether one rung of the ladder answered."""

    ok: bool
    rtt_ms: Number | UnsetType = UNSET
    err: Text80 | UnsetType = UNSET


class Link(Strict):
    """How the site is connected."""

    isp: Text64 | UnsetType = UNSET
    asn: Number | UnsetType = UNSET
    medium: (
        Literal["fiber", "cable", "cellular", "satellite", "vpn", "lan", "unknown"] | UnsetType
    ) = UNSET
    metered: bool | UnsetType = UNSET


class Lease(Strict):
    """A quota of one article that the site may sell while it is cut off."""

    sku: Text64
    granted: Number
    used: Number
    expires_at: Moment | UnsetType = UNSET


class StreamReport(Strict):
    """What one stream of data has still to send, and since when."""

    name: Text64
    pending_records: Number
    criticality: Literal["critical", "important", "normal", "low"] | UnsetType = UNSET
    pending_bytes: Number | UnsetType = UNSET
    oldest_pending_at: Moment | UnsetType = UNSET
    pending_expires_at: Moment | UnsetType = UNSET
    pending_value_minor: Signed | UnsetType = UNSET
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")] | UnsetType = UNSET
    inbound_lag_records: Number | UnsetType = UNSET
    last_sync_ok_at: Moment | UnsetType = UNSET
    last_seq: Text256 | UnsetType = UNSET
    conflicts_open: Number | UnsetType = UNSET
    consecutive_failures: Number | UnsetType = UNSET
    digest: Digest | UnsetType = UNSET
    leases: Annotated[list[Lease], Meta(max_length=100)] | UnsetType = UNSET


class AppReport(Strict):
    """How the business application feels on the device."""

    version: Text40 | UnsetType = UNSET
    p95_ms: Number | UnsetType = UNSET
    errors_5m: Number | UnsetType = UNSET
    tx_5m: Number | UnsetType = UNSET
    db_bytes: Number | UnsetType = UNSET


class AgentReport(Strict):
    """How the agent itself is doing."""

    version: Text40 | UnsetType = UNSET
    uptime_s: Number | UnsetType = UNSET
    outbox_items: Number | UnsetType = UNSET
    outbox_oldest_at: Moment | UnsetType = UNSET


class ClockReport(Strict):
    """What the device knows about its own clock."""

    ntp_synced: bool | UnsetType = UNSET
    offset_ms: Signed | UnsetType = UNSET
    uncertainty_ms: Number | UnsetType = UNSET
    last_sync_at: Moment | UnsetType = UNSET
    jumped: bool | UnsetType = UNSET


class BackupReport(Strict):
    """The site's own last backup."""

    last_ok_at: Moment | UnsetType = UNSET
    bytes: Number | UnsetType = UNSET
    target: Literal["local_disk", "external_media", "remote", "none"] | UnsetType = UNSET
    encrypted: bool | UnsetType = UNSET
    verified_at: Moment | UnsetType = UNSET


class HostReport(Strict):
    """The machine below the agent."""

    disk_free_pct: Percent | UnsetType = UNSET
    load1: Annotated[float, Meta(ge=0)] | UnsetType = UNSET
    mem_free_pct: Percent | UnsetType = UNSET
    on_ups: bool | UnsetType = UNSET
    battery_pct: Annotated[int, Meta(ge=0, le=100)] | UnsetType = UNSET


Rung = Literal["gateway", "dns", "internet", "central", "portal", "peer", "alt_link"]


class Heartbeat(Item, tag_field="kind", tag="heartbeat", kw_only=True):
    """A sign of life, with the state of the streams."""

    state: Literal["online", "offline", "syncing", "frozen", "offline_ordered", "maintenance"]
    streams: Annotated[list[StreamReport], Meta(min_length=1, max_length=32)]
    state_since: Moment | UnsetType = UNSET
    period_s: Annotated[int, Meta(ge=5, le=86400)] | UnsetType = UNSET
    reach: dict[Rung, Reach] | UnsetType = UNSET
    link: Link | UnsetType = UNSET
    app: AppReport | UnsetType = UNSET
    agent: AgentReport | UnsetType = UNSET
    clock: ClockReport | UnsetType = UNSET
    backup: BackupReport | UnsetType = UNSET
    host: HostReport | UnsetType = UNSET


class ConflictCounts(Strict):
    """How many conflicts one session met."""

    opened: Number | UnsetType = UNSET
    auto_resolved: Number | UnsetType = UNSET
    flagged: Number | UnsetType = UNSET


class ErrorCount(Strict):
    """One kind of error of a session, and how often."""

    code: Text40
    count: Number
    sample: Text300 | UnsetType = UNSET


Engine = Literal[
    "syncthing", "couchdb", "postgres", "litestream", "powersync", "couchbase", "custom"
]


class SyncSessionReport(Item, tag_field="kind", tag="sync_session", kw_only=True):
    """One exchange of data, told by the site."""

    session_id: Uuid
    stream: Text64
    direction: Literal["push", "pull", "both"]
    started_at: Moment
    outcome: Literal["ok", "partial", "failed", "aborted", "refused_by_order"]
    peer: Text128 | UnsetType = UNSET
    engine: Engine | UnsetType = UNSET
    trigger: Literal["schedule", "manual", "reconnect", "order"] | UnsetType = UNSET
    ended_at: Moment | UnsetType = UNSET
    duration_ms: Number | UnsetType = UNSET
    records_out: Number | UnsetType = UNSET
    records_in: Number | UnsetType = UNSET
    bytes_out: Number | UnsetType = UNSET
    bytes_in: Number | UnsetType = UNSET
    rejected: Number | UnsetType = UNSET
    duplicates: Number | UnsetType = UNSET
    digest_before: Digest | UnsetType = UNSET
    digest_after: Digest | UnsetType = UNSET
    digest_peer_after: Digest | UnsetType = UNSET
    conflicts: ConflictCounts | UnsetType = UNSET
    errors: Annotated[list[ErrorCount], Meta(max_length=20)] | UnsetType = UNSET
    order_epoch: Number | UnsetType = UNSET
    lease_id: Text64 | UnsetType = UNSET


class ConflictVersion(Struct, gc=False):
    """One side of a conflict; sites may add fields of their own here."""

    source: str
    rev: str
    hlc: str | UnsetType = UNSET
    wall_at: Moment | UnsetType = UNSET
    uncertainty_ms: Number | UnsetType = UNSET
    values: dict[str, Any] | UnsetType = UNSET
    values_digest: str | UnsetType = UNSET
    # Ours, where a site knows it: the record before both changed it, the writer's role, and
    # whether the writer's clock jumped. Anything may stand here; the conflict desk reads it.
    base: Any = UNSET
    role: Any = UNSET
    jumped: Any = UNSET


class ConflictTold(Item, tag_field="kind", tag="conflict", kw_only=True):
    """The same record changed on both sides."""

    conflict_id: Text128
    entity: Text64
    key: Text256
    versions: Annotated[list[ConflictVersion], Meta(min_length=2, max_length=8)]
    session_id: Uuid | UnsetType = UNSET
    fields: Annotated[list[Text64], Meta(max_length=64)] | UnsetType = UNSET
    provisional_winner: Number | UnsetType = UNSET
    rule: Text64 | UnsetType = UNSET
    critical: bool | UnsetType = UNSET


Check = Literal[
    "disk_encrypted",
    "local_db_encrypted",
    "av_running",
    "av_signature_age_h",
    "firewall_on",
    "usb_storage_blocked",
    "autolock_s",
    "os_patched_age_d",
    "app_permissions_ok",
    "tls_min",
    "auth_required",
    "vpn_up",
]


class Posture(Item, tag_field="kind", tag="posture", kw_only=True):
    """How well the machine is guarded."""

    checks: dict[Check, bool | int | str | None]
    source: Literal["osquery", "agent", "manual"] | UnsetType = UNSET


class OrderStatus(Item, tag_field="kind", tag="order_status", kw_only=True):
    """How far an order has come at the site."""

    order_id: Uuid
    epoch: Number
    phase: Literal[
        "received", "verified", "rejected", "applied", "held", "completed", "failed", "expired"
    ]
    channel: Literal["poll", "qr", "code", "usb"] | UnsetType = UNSET
    detail: Text300 | UnsetType = UNSET


AnyItem = Heartbeat | SyncSessionReport | ConflictTold | Posture | OrderStatus


class Dropped(Strict):
    """A stretch of the sequence that the agent let go of, and why."""

    from_seq: Signed
    to_seq: Signed
    reason: Literal["downsampled", "buffer_full", "corrupt", "expired"]


class Envelope(Struct, forbid_unknown_fields=True, kw_only=True):
    """Who sends, and when by its own clock."""

    schema: Literal["telemetry/1"]
    node_id: Uuid
    boot_id: Uuid
    sent_at: Moment
    mono_ms: Number | UnsetType = UNSET
    acked_order_epoch: Number | UnsetType = UNSET
    dropped: Annotated[list[Dropped], Meta(max_length=50)] | UnsetType = UNSET


class Batch(Envelope, kw_only=True):
    """A batch all of whose items are good: the usual case, decoded in one pass."""

    items: list[AnyItem]


class LooseBatch(Envelope, kw_only=True):
    """A batch whose items have still to be looked at one by one."""

    items: list[Raw]
