"""What people have sent to them: it goes to somebody else, or ends, when they leave."""

from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.duties import DutyKind, register_duty
from bcp_portal.accounts.hooks import DepartureEnd, register_departure_end
from bcp_portal.reports.models import ReportDelivery
from bcp_portal.reports.overviews.registry import overview_label
from bcp_portal.reports.services.delivery import end_deliveries, move_delivery


def _words(row: ReportDelivery) -> str:
    return f"{overview_label(row.overview)} ({row.get_rhythm_display()})"


def register() -> None:
    """Name what is sent, and who ends it."""
    register_duty(
        DutyKind(
            "report_delivery",
            _("Report that is sent regularly"),
            lambda at: ReportDelivery.objects.running(),
            "person",
            move_delivery,
            words=_words,
        )
    )
    register_departure_end(DepartureEnd("deliveries_ended", end_deliveries))
