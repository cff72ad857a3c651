"""The management summary on paper: one page, as of a moment."""

from datetime import datetime

from django.utils.translation import gettext as _

from bcp_portal.reports.paper import PaperColumn, PaperTable, Tile, build_paper, paper_table
from bcp_portal.reports.registry import BuiltReport
from bcp_portal.shared.durations import format_duration
from incidents.models import Incident
from incidents.reports.wording import moment_words
from incidents.selectors.management_summary import ManagementSummary, management_summary


def build_management_summary(*, subject_id: int, language: str, at: datetime) -> BuiltReport:
    """Build the summary as of a moment."""
    incident = Incident.objects.select_related("commander").get(pk=subject_id)
    summary = management_summary(incident, at=at)
    title = incident.headline
    if incident.is_exercise:
        title = _("EXERCISE – %(title)s") % {"title": title}
    return build_paper(
        "reports/incident/summary.html",
        {
            "summary": summary,
            "incident": incident,
            "tiles": _tiles(summary),
            "told": _told(summary),
            "clocks": _clocks(summary),
        },
        payload={
            "code": incident.code,
            "status": incident.status,
            "severity": incident.severity,
            "sentences": summary.sentences,
            "sites_hit": summary.sites_hit,
            "sites_back": summary.sites_back,
            "next_steps": summary.next_steps,
            "at": at.isoformat(),
        },
        title=_("Management summary: %(title)s") % {"title": title},
        code=incident.code,
        language=language,
        at=at,
        audit_line="",
    )


def _tiles(summary: ManagementSummary) -> list[Tile]:
    incident = summary.incident
    tone = "act" if incident.is_ongoing else "ok"
    done = f"{summary.steps_done}/{summary.steps_total}" if summary.steps_total else "–"
    return [
        Tile(_("Lasted"), format_duration(summary.clock.lasted), _("since it began"), tone),
        Tile(_("Sites hit"), str(summary.sites_hit), _("back: %d") % summary.sites_back, "info"),
        Tile(_("Steps done"), done, summary.phase or _("no playbook runs"), "info"),
    ]


def _told(summary: ManagementSummary) -> PaperTable:
    return paper_table(
        [
            PaperColumn(_("To"), "w15"),
            PaperColumn(_("Sent"), "w20", "nowrap"),
            PaperColumn(_("Words"), ""),
            PaperColumn(_("Next promised"), "w20", "nowrap"),
        ],
        [
            (
                line.audience,
                moment_words(line.update.published_at),
                line.update.said("text"),
                moment_words(line.update.next_promised_at) if line.update.next_promised_at else "–",
            )
            for line in summary.told
            if line.update is not None
        ],
    )


def _clocks(summary: ManagementSummary) -> PaperTable:
    return paper_table(
        [
            PaperColumn(_("Asset"), ""),
            PaperColumn(_("Must be back"), "w25", "nowrap"),
            PaperColumn(_("Left"), "w20", "nowrap"),
        ],
        [
            (
                one.asset.name,
                moment_words(one.deadline) if one.deadline else _("unknown"),
                format_duration(one.left) if one.left is not None else _("unknown"),
            )
            for one in summary.clock.clocks[:10]
        ],
    )
