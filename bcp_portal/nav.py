"""The rail as a table: which rooms belong to which job."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Entry:
    """A room in the rail; shown when it has been built and the policy table lets the person in."""

    label: str | Promise
    url_name: str
    icon: str
    only_with: str = ""  # shown only while this folder is among the data


@dataclass(frozen=True)
class Section:
    """The rooms of one job."""

    key: str
    label: str | Promise
    entries: tuple[Entry, ...]


NAV: tuple[Section, ...] = (
    Section(
        "command",
        _("Command"),
        (
            Entry(_("Command centre"), "dashboard:home", "layout-dashboard"),
            Entry(_("Incidents"), "incidents:list", "flame"),
            Entry(_("Alerts"), "incidents:alerts", "bell"),
            Entry(_("On call"), "incidents:on_call", "phone-call"),
            Entry(_("Calls"), "incidents:calls", "phone-incoming"),
            Entry(_("Silences"), "incidents:silences", "bell-off"),
            Entry(_("Exercises"), "incidents:exercises", "flask"),
            Entry(_("Updates"), "incidents:updates", "speakerphone"),
            Entry(_("In figures"), "incidents:figures", "chart-line"),
            Entry(_("Looking back"), "incidents:reviews", "history"),
            Entry(_("Action items"), "incidents:actions", "checkbox"),
            Entry(_("Drills"), "demo:drills", "bolt", only_with="fleet"),
        ),
    ),
    Section(
        "sync",
        _("Sync"),
        (
            Entry(_("Sites"), "telemetry:sites", "building-store"),
            Entry(_("Devices"), "telemetry:devices", "devices"),
            Entry(_("Report a lost device"), "telemetry:report_lost", "alert-triangle"),
            Entry(_("Sessions"), "telemetry:sessions", "refresh"),
            Entry(_("Other monitors"), "telemetry:monitors", "antenna-bars-5"),
            Entry(_("Signals"), "telemetry:signals", "activity"),
            Entry(_("Rules"), "telemetry:rules", "adjustments"),
            Entry(_("Conflicts"), "telemetry:conflicts", "git-merge"),
            Entry(_("Orders"), "telemetry:orders", "hand-stop"),
            Entry(_("Waves"), "telemetry:waves", "stairs-up"),
        ),
    ),
    Section(
        "continuity",
        _("Continuity"),
        (
            Entry(_("Assets"), "assets:list", "server-2"),
            Entry(_("Dependency map"), "assets:map", "topology-star-3"),
            Entry(_("Impact"), "assets:impact", "chart-line"),
            Entry(_("Third parties"), "assets:third_parties", "building-bank"),
            Entry(_("Custom fields"), "assets:custom_fields", "list-details"),
            Entry(_("Objectives"), "assets:targets", "target-arrow"),
            Entry(_("Failover paths"), "assets:failover", "route"),
            Entry(_("Playbooks"), "incidents:playbooks", "checklist"),
            Entry(_("Plans"), "risks:plans", "book"),
        ),
    ),
    Section(
        "risk",
        _("Risk"),
        (
            Entry(_("What moved"), "risks:moved", "activity"),
            Entry(_("Register"), "risks:register", "shield-half"),
            Entry(_("Actions of treatments"), "risks:actions", "checkbox"),
            Entry(_("Evidence to weigh"), "risks:inbox", "inbox"),
            Entry(_("Heat map"), "risks:heat_map", "grid-dots"),
            Entry(_("Indicators"), "risks:indicators", "gauge"),
            Entry(_("Threats"), "risks:threats", "alert-triangle"),
            Entry(_("Units and appetite"), "risks:units", "building"),
            Entry(_("Losses"), "risks:losses", "chart-line"),
            Entry(_("Calibration"), "risks:calibration", "target-arrow"),
            Entry(_("Worth"), "risks:worth", "report-analytics"),
            Entry(_("Controls"), "risks:controls", "shield-check"),
            Entry(_("Reviews"), "risks:reviews", "calendar-event"),
            Entry(_("Acceptances"), "risks:acceptances", "signature"),
        ),
    ),
    Section(
        "evidence",
        _("Evidence"),
        (
            Entry(_("Report centre"), "reports:overviews", "report"),
            Entry(_("Reports on file"), "reports:list", "report-analytics"),
            Entry(_("As of a date"), "risks:as_of", "history"),
            Entry(_("Evidence by clause"), "reports:evidence", "certificate"),
            Entry(_("Audit trail"), "audit:trail", "fingerprint"),
            Entry(_("Access reviews"), "accounts:reviews", "user-check"),
            Entry(_("Training"), "accounts:training", "school"),
        ),
    ),
    Section(
        "settings",
        _("Settings"),
        (
            Entry(_("People"), "accounts:people", "users"),
            Entry(_("Sites and windows"), "assets:sites", "building"),
            Entry(_("Regions"), "assets:regions", "map-2"),
            Entry(_("Planned windows"), "assets:windows", "calendar-event"),
            Entry(_("Escalation"), "incidents:policies", "phone-incoming"),
            Entry(_("Sector profiles"), "risks:sector_profiles", "building-bank"),
            Entry(_("Severity matrix"), "incidents:severity_matrix", "adjustments"),
            Entry(_("Authority matrix"), "incidents:authority", "shield-lock"),
            Entry(_("Organisation"), "assets:profile", "settings"),
        ),
    ),
)
