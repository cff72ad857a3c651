"""The rail as a table: which rooms belong to which job, and which permission opens them."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Entry:
    """A room in the rail; shown when its URL name exists and the person holds the permission."""

    label: str | Promise
    url_name: str
    icon: str
    permission: str


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
            Entry(_("Command centre"), "dashboard:command", "layout-dashboard", "*"),
            Entry(_("Incidents"), "incidents:list", "flame", "incidents.view_incident"),
            Entry(_("Alerts"), "incidents:alerts", "bell", "incidents.view_alert"),
            Entry(_("On call"), "incidents:on_call", "phone-call", "incidents.view_incident"),
            Entry(_("Exercises"), "incidents:exercises", "flask", "incidents.view_exercise"),
            Entry(_("Updates"), "incidents:updates", "speakerphone", "incidents.view_incident"),
        ),
    ),
    Section(
        "sync",
        _("Sync"),
        (
            Entry(_("Sites"), "assets:sites", "building-store", "assets.view_site"),
            Entry(_("Devices"), "telemetry:devices", "devices", "telemetry.view_device"),
            Entry(_("Sessions"), "telemetry:sessions", "refresh", "telemetry.view_syncsession"),
            Entry(_("Conflicts"), "telemetry:conflicts", "git-merge", "telemetry.view_conflict"),
            Entry(_("Orders"), "telemetry:orders", "hand-stop", "telemetry.view_containmentorder"),
            Entry(_("Waves"), "telemetry:waves", "stairs-up", "telemetry.view_wave"),
        ),
    ),
    Section(
        "continuity",
        _("Continuity"),
        (
            Entry(_("Assets"), "assets:list", "server-2", "assets.view_asset"),
            Entry(_("Dependency map"), "assets:map", "topology-star-3", "assets.view_asset"),
            Entry(_("Impact"), "assets:impact", "chart-line", "assets.view_asset"),
            Entry(_("Objectives"), "assets:targets", "target-arrow", "assets.view_recoverytarget"),
            Entry(_("Playbooks"), "incidents:playbooks", "checklist", "incidents.view_playbook"),
            Entry(_("Plans"), "risks:plans", "book", "risks.view_plan"),
        ),
    ),
    Section(
        "risk",
        _("Risk"),
        (
            Entry(_("Register"), "risks:register", "shield-half", "risks.view_risk"),
            Entry(_("Heat map"), "risks:heat_map", "grid-dots", "risks.view_risk"),
            Entry(_("Indicators"), "risks:indicators", "gauge", "risks.view_indicator"),
            Entry(_("Controls"), "risks:controls", "shield-check", "risks.view_control"),
            Entry(_("Reviews"), "risks:reviews", "calendar-event", "risks.view_risk"),
            Entry(_("Acceptances"), "risks:acceptances", "signature", "risks.view_acceptance"),
        ),
    ),
    Section(
        "evidence",
        _("Evidence"),
        (
            Entry(_("Reports"), "reports:list", "report-analytics", "reports.view_report"),
            Entry(_("As of a date"), "risks:as_of", "history", "risks.view_risk"),
            Entry(_("Audit trail"), "audit:trail", "fingerprint", "audit.view_auditrow"),
            Entry(
                _("Access reviews"), "accounts:reviews", "user-check", "accounts.view_accessreview"
            ),
            Entry(_("Training"), "accounts:training", "school", "accounts.view_training"),
        ),
    ),
    Section(
        "settings",
        _("Settings"),
        (
            Entry(_("People"), "accounts:people", "users", "accounts.view_user"),
            Entry(_("Escalation"), "incidents:policies", "phone-incoming", "incidents.view_policy"),
            Entry(_("Organisation"), "assets:profile", "settings", "assets.change_profile"),
        ),
    ),
)
