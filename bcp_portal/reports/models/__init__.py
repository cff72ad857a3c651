"""Papers on file, and those that come to people by themselves."""

from bcp_portal.reports.models.report_delivery import Carries, ReportDelivery, Rhythm
from bcp_portal.reports.models.report_file import REPORT_LIFECYCLE, ReportFile, ReportState

__all__ = [
    "REPORT_LIFECYCLE",
    "Carries",
    "ReportDelivery",
    "ReportFile",
    "ReportState",
    "Rhythm",
]
