"""Devices and what they report, what we conclude from it, and what watches us."""

from telemetry.models.approval import Approval, ApprovalClass
from telemetry.models.audit_witness import AuditWitness, WitnessState
from telemetry.models.conflict_case import (
    CONFLICT_LIFECYCLE,
    ConflictCase,
    ConflictEvent,
    ConflictSite,
    ConflictState,
    ConflictVersion,
)
from telemetry.models.conflict_decision import ConflictDecision
from telemetry.models.conflict_rule import ConflictRule, ConflictRuleEdition
from telemetry.models.desired_state import DesiredState, OrderAck, OrderDelivery
from telemetry.models.device import Device, DeviceState, NodeState, SiteState
from telemetry.models.device_import import DeviceImport
from telemetry.models.device_loss import DeviceLoss, LossKind, LossNotice, LossOutcome
from telemetry.models.observer import ObserverProbe, ObserverState
from telemetry.models.order import OnExpiry, Order, OrderAction, OrderSite, OrderStatus, Rung
from telemetry.models.packed import PackedDay, PackedSamples, PackKind, SampleLevel
from telemetry.models.ping_check import PingCheck, PingEvent
from telemetry.models.rebuild import Rebuild, SiteCopy
from telemetry.models.reconciliation import Reconciliation
from telemetry.models.rule_setting import RuleSetting
from telemetry.models.sample import QuarantinedItem, Sample, SequenceLedger
from telemetry.models.sector_profile import SectorProfile
from telemetry.models.signal import Signal, SignalRule
from telemetry.models.site_pack import (
    PackCopy,
    PackMark,
    PackMarkKind,
    PackStanding,
    SitePack,
    with_pack,
)
from telemetry.models.site_span import SiteSpan
from telemetry.models.stream import Stream, StreamState
from telemetry.models.sync_habit import RpoDay, SyncDay, SyncHabit
from telemetry.models.sync_session import ConflictReport, SyncOutcome, SyncSession
from telemetry.models.wave import PlanStatus, Wave, WavePlan, WaveSite, WaveStatus
from telemetry.models.webhook_source import WebhookSource

__all__ = [
    "CONFLICT_LIFECYCLE",
    "Approval",
    "ApprovalClass",
    "AuditWitness",
    "ConflictCase",
    "ConflictDecision",
    "ConflictEvent",
    "ConflictReport",
    "ConflictRule",
    "ConflictRuleEdition",
    "ConflictSite",
    "ConflictState",
    "ConflictVersion",
    "DesiredState",
    "Device",
    "DeviceImport",
    "DeviceLoss",
    "DeviceState",
    "LossKind",
    "LossNotice",
    "LossOutcome",
    "NodeState",
    "ObserverProbe",
    "ObserverState",
    "OnExpiry",
    "Order",
    "OrderAck",
    "OrderAction",
    "OrderDelivery",
    "OrderSite",
    "OrderStatus",
    "PackCopy",
    "PackKind",
    "PackMark",
    "PackMarkKind",
    "PackStanding",
    "PackedDay",
    "PackedSamples",
    "PingCheck",
    "PingEvent",
    "PlanStatus",
    "QuarantinedItem",
    "Rebuild",
    "Reconciliation",
    "RpoDay",
    "RuleSetting",
    "Rung",
    "Sample",
    "SampleLevel",
    "SectorProfile",
    "SequenceLedger",
    "Signal",
    "SignalRule",
    "SiteCopy",
    "SitePack",
    "SiteSpan",
    "SiteState",
    "Stream",
    "StreamState",
    "SyncDay",
    "SyncHabit",
    "SyncOutcome",
    "SyncSession",
    "Wave",
    "WavePlan",
    "WaveSite",
    "WaveStatus",
    "WebhookSource",
    "WitnessState",
    "with_pack",
]
