"""Papers on file, and those that come to people by themselves."""

from bcp_portal.reports.models.report_delivery import Carries, ReportDelivery, Rhythm
from bcp_portal.reports.models.report_file import PACK, REPORT_LIFECYCLE, ReportFile, ReportState

__all__ = [
    "PACK",
    "REPORT_LIFECYCLE",
    "Carries",
    "ReportDelivery",
    "ReportFile",
    "ReportState",
    "Rhythm",
]
