"""The twenty-two rules as a table: what each is called, what it asks, and the limits it asks with.

A limit is a number. What a sector profile, a sector or a site says instead is data
(`telemetry.detection.tuning`); the numbers here hold where nobody has said anything.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from telemetry.models.signal import SignalRule as R


@dataclass(frozen=True)
class Limit:
    """One number of a rule, and between which bounds people may set it."""

    name: str
    label: str | Promise
    default: float
    low: float
    high: float
    unit: str = ""


@dataclass(frozen=True)
class RuleSpec:
    """One rule: its number in the contract, its name and what it asks.

    `is_fleet_wide`: it speaks of many sites at once and cannot differ from site to site.
    """

    number: int
    code: str
    text: str | Promise
    signals: tuple[R, ...]
    limits: tuple[Limit, ...] = ()
    is_fleet_wide: bool = False

    @property
    def label(self) -> str:
        """Its name in the reader's language."""
        return str(R(self.code).label)


L = Limit

CATALOGUE: tuple[RuleSpec, ...] = (
    RuleSpec(
        1, R.SITE_SILENT, _("All devices of a site are silent, and nothing larger explains it."),
        (R.SITE_SILENT,), (L("alarm_after", _("Silent for"), 4.5, 3.5, 500, "periods"),),
    ),
    RuleSpec(
        2, R.NETWORK_OUTAGE,
        _("Many silent sites have a region, provider, shard or version in common."),
        (R.NETWORK_OUTAGE,),
        (
            L("min_silent", _("Silent sites, at least"), 3, 2, 100),
            L("min_share", _("Share of the group, at least"), 0.5, 0.1, 1),
        ),
        is_fleet_wide=True,
    ),
    RuleSpec(
        3, R.CENTRAL_DOWN, _("The sites cannot reach the centre, or it does not answer us."),
        (R.CENTRAL_DOWN,), (L("quorum", _("Share of the asked sites"), 0.5, 0.2, 1),),
        is_fleet_wide=True,
    ),
    RuleSpec(
        4, R.PORTAL_BLIND, _("Nothing arrives: our own link or our own door is down."),
        (R.PORTAL_BLIND, R.INGRESS_DOWN),
        (L("collapse", _("Share still heard, at most"), 0.2, 0.01, 0.5),), is_fleet_wide=True,
    ),
    RuleSpec(
        5, R.MASS_INCONSISTENCY,
        _("After a sync data do not agree at many sites, or conflicts are far above their base."),
        (R.MASS_INCONSISTENCY,),
        (
            L("min_sites", _("Sites, at least"), 3, 2, 100),
            L("max_row_share", _("Share of rows that differ"), 0.01, 0.001, 1),
            L("min_conflicts", _("Conflicts a day, at least"), 20, 5, 10000),
        ),
        is_fleet_wide=True,
    ),
    RuleSpec(
        6, R.SUSPECT_SOURCE,
        _("Mismatches, rejects or duplicates come from one site far more than from the others."),
        (R.SUSPECT_SOURCE,),
        (
            L("times_median", _("Times the fleet's median"), 5, 2, 100),
            L("min_mismatches", _("Mismatches, at least"), 3, 2, 100),
            L("min_bad_records", _("Bad records, at least"), 20, 5, 10000),
        ),
    ),
    RuleSpec(
        7, R.UNUSUAL_SYNC,
        _("A sync took unusually long or short for its volume, or ran at an unusual hour; twice."),
        (R.UNUSUAL_SYNC,),
        (
            L("robust_z", _("Robust z, at least"), 6, 3, 50),
            L("rare_hour", _("An hour with less than this share"), 0.002, 0, 0.05),
        ),
    ),
    RuleSpec(
        8, R.FREQUENT_FAILURES, _("Sync fails at one place far more often than elsewhere."),
        (R.FREQUENT_FAILURES, R.REPEATED_FAILURES),
        (
            L("in_a_row", _("Failures in a row"), 5, 2, 100),
            L("min_failures", _("Failures in 7 days, at least"), 5, 2, 1000),
            L("times_median", _("Times the fleet's median"), 3, 1.5, 100),
        ),
    ),
    RuleSpec(
        9, R.FORGOTTEN_SYNC,
        _("A reachable site has not synchronised in time, or the centre may sell what is gone."),
        (R.FORGOTTEN_SYNC, R.OVERSELLING),
        (
            L("late_factor", _("Times the agreed interval"), 1.5, 1, 20),
            L("oversell_share", _("Promised share of the stock"), 1, 0.5, 2),
        ),
    ),
    RuleSpec(
        10, R.RPO_PREDICTED,
        _("What waits will soon be older than the RPO allows, is already, or is about to expire."),
        (R.RPO_PREDICTED, R.RPO_BREACHED, R.QUEUE_EXPIRES),
        (
            L("warn_headroom", _("Warn at this share of the RPO"), 0.25, 0.05, 0.9),
            L("expiry_min", _("Minutes before a queue expires"), 60, 5, 2880, "min"),
        ),
    ),
    RuleSpec(
        11, R.STALE_DATA, _("A device speaks but its data are old, or it is not heard for weeks."),
        (R.STALE_DATA, R.STALE_DEVICE),
        (
            L("data_h", _("Data older than"), 6, 1, 720, "h"),
            L("device_d", _("Not heard for"), 30, 1, 365, "d"),
        ),
    ),
    RuleSpec(
        12, R.DEVICE_MISSING,
        _("A device is silent while its neighbours at the site speak, and nobody reported a loss."),
        (R.DEVICE_MISSING,),
        (
            L("working_h", _("Working hours of silence"), 2, 0.01, 80, "h"),
            L("opens", _("The day begins"), 8, 0, 23, "h"),
            L("closes", _("The day ends"), 17, 1, 24, "h"),
            L("workdays", _("Working days from Monday on"), 6, 1, 7),
        ),
    ),
    RuleSpec(
        13, R.BACKUP_OVERDUE,
        _("A backup is missing, old, unencrypted, unverified, or was never restored in a test."),
        (R.BACKUP_OVERDUE, R.RESTORE_OVERDUE),
        (
            L("required", _("A backup must be reported (1 or 0)"), 0, 0, 1),
            L("max_age_h", _("Not older than"), 36, 1, 1440, "h"),
            L("encrypted", _("Encrypted (1 or 0)"), 1, 0, 1),
            L("offline", _("On external media (1 or 0)"), 0, 0, 1),
            L("verified_d", _("Verified within, 0 for never"), 0, 0, 365, "d"),
            L("restore_d", _("Restore tested within, 0 for never"), 0, 0, 1095, "d"),
        ),
    ),
    RuleSpec(
        14, R.SYNC_CUT_OFF, _("The power went, or the machine restarted, in the middle of a sync."),
        (R.SYNC_CUT_OFF,), (L("battery_pct", _("Battery at most"), 20, 1, 100, "%"),),
    ),
    RuleSpec(
        15, R.BAD_INPUT,
        _("Refused input comes from one person, site or version more than chance explains."),
        (R.BAD_INPUT,),
        (
            L("min_rejects", _("Rejects in two days, at least"), 20, 5, 10000),
            L("min_share", _("Share of all rejects, at least"), 0.3, 0.05, 1),
        ),
        is_fleet_wide=True,
    ),
    RuleSpec(
        16, R.POSTURE_DRIFT, _("A machine is guarded less well than the sector profile asks."),
        (R.POSTURE_DRIFT,),
        (
            L("disk_encrypted", _("Disk encrypted (1 or 0)"), 1, 0, 1),
            L("local_db_encrypted", _("Local database encrypted (1 or 0)"), 0, 0, 1),
            L("av_running", _("Virus scanner runs (1 or 0)"), 1, 0, 1),
            L("firewall_on", _("Firewall on (1 or 0)"), 1, 0, 1),
            L("usb_storage_blocked", _("USB storage blocked (1 or 0)"), 0, 0, 1),
            L("app_permissions_ok", _("App permissions right (1 or 0)"), 0, 0, 1),
            L("auth_required", _("Sign-in required (1 or 0)"), 1, 0, 1),
            L("vpn_up", _("Tunnel up (1 or 0)"), 0, 0, 1),
            L("av_signature_age_h", _("Signatures not older than, 0: any"), 168, 0, 8760, "h"),
            L("os_patched_age_d", _("Patched within, 0: any"), 60, 0, 3650, "d"),
            L("autolock_s", _("Locks itself within, 0: any"), 900, 0, 86400, "s"),
        ),
    ),
    RuleSpec(
        17, R.CLOCK_JUMP, _("A device's clock is off, or has jumped."),
        (R.CLOCK_JUMP,), (L("off_by_s", _("Off by more than"), 120, 1, 86400, "s"),),
    ),
    RuleSpec(
        18, R.TELEMETRY_LOSS,
        _("Samples are missing, one identity speaks twice, or a sample came again changed."),
        (R.TELEMETRY_LOSS, R.CLONED_DEVICE, R.TAMPERING),
        (L("min_lost", _("Samples lost, at least"), 5, 1, 100000),),
    ),
    RuleSpec(
        19, R.SLOW_APP, _("The application is slow or fails on the users' own device."),
        (R.SLOW_APP,),
        (
            L("p95_ms", _("p95, more than"), 3000, 100, 120000, "ms"),
            L("error_share", _("Errors of all transactions"), 0.05, 0.001, 1),
        ),
    ),
    RuleSpec(
        20, R.ORDER_NOT_APPLIED, _("A reachable site has not applied an order."),
        (R.ORDER_NOT_APPLIED,),
        (L("after_min", _("Minutes after it was given"), 5, 1, 1440, "min"),),
    ),
    RuleSpec(
        21, R.SLOT_AT_RISK,
        _("A replication slot is about to be lost, or has been: a full copy would be needed."),
        (R.SLOT_AT_RISK,), (L("expires_h", _("Lost within"), 24, 1, 720, "h"),),
    ),
    RuleSpec(
        22, R.UNAUTHORISED_ACTION,
        _("Somebody synchronised by hand, or tried the conflict log, without the right."),
        (R.UNAUTHORISED_ACTION,),
        (L("manual_syncs", _("Syncs by hand without an order, a day"), 1, 1, 1000),),
    ),
)  # fmt: skip
BY_CODE: dict[str, RuleSpec] = {spec.code: spec for spec in CATALOGUE}
# Which rule of the table a signal belongs to.
OF_SIGNAL: dict[str, RuleSpec] = {signal: spec for spec in CATALOGUE for signal in spec.signals}
