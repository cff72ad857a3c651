"""What the report centre shows: what comes by itself, the newest papers, and who took what away."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bcp_portal.accounts.models import User
from bcp_portal.audit.models import AuditRow
from bcp_portal.reports.models import ReportDelivery, ReportFile
from bcp_portal.reports.overviews.registry import overview_label
from bcp_portal.shared.lists.labels import Label

NEWEST = 8
# What makes a copy that the portal does not hold any more.
TAKEN_AWAY = (
    "list.export",
    "report.download",
    "report.sheet",
    "report.facts",
    "report.delivery_send",
    "training.export",
    "evidence.pack",
    "audit.export",
)


@dataclass(frozen=True)
class DeliveryLine:
    """One delivery as its person sees it."""

    pk: int
    label: Label
    rhythm: str
    carries: str
    next_at: datetime
    last_report: ReportFile | None
    last_sent_at: datetime | None
    last_words: str
    ended_at: datetime | None
    end_reason: str


def deliveries_of(user: User) -> list[DeliveryLine]:
    """What comes to a person by itself, what has ended last."""
    rows = ReportDelivery.objects.visible_to(user).select_related("last_report")
    return [
        DeliveryLine(
            pk=row.pk,
            label=overview_label(row.overview),
            rhythm=row.get_rhythm_display(),
            carries=row.get_carries_display(),
            next_at=row.next_at,
            last_report=row.last_report,
            last_sent_at=row.last_sent_at,
            last_words=row.last_words,
            ended_at=row.ended_at,
            end_reason=row.end_reason,
        )
        for row in rows.order_by("-ended_at", "next_at", "pk")[:50]
    ]


def newest_files(user: User) -> list[ReportFile]:
    """The newest papers that a person may read."""
    return list(ReportFile.objects.visible_to(user).order_by("-as_of", "-pk")[:NEWEST])


def taken_what(row: AuditRow) -> str:
    """What was taken away: a list, a report, the trail."""
    return str(row.after.get("list") or row.object_code)


def taken_fact(row: AuditRow, name: str) -> Any:
    """One fact of an export: its format, rows, filter or hash."""
    return row.after.get(name, "")
