"""The access review on paper: every right, who decided about it, and what was withdrawn."""

from datetime import datetime

from django.utils.translation import gettext as _

from bcp_portal.accounts.models import AccessDecision, AccessItem, AccessReview
from bcp_portal.accounts.selectors.people import ROLE_LABELS
from bcp_portal.reports.paper import PaperColumn, Tile, build_paper, paper_table
from bcp_portal.reports.registry import BuiltReport

KIND = "access_review"


def build_access_review(*, subject_id: int, language: str, at: datetime) -> BuiltReport:
    """Build the certificate of one access review as of a moment."""
    review = AccessReview.objects.get(pk=subject_id)
    items = list(
        AccessItem.objects.filter(review=review).for_list().order_by("person__username", "role")
    )
    counts = {one: sum(item.decision == one for item in items) for one in AccessDecision}
    columns = [
        PaperColumn(_("Person"), "w20"),
        PaperColumn(_("Role"), "w15"),
        PaperColumn(_("Decides"), "w15"),
        PaperColumn(_("Decision"), "w15"),
        PaperColumn(_("Decided by, when"), "w20"),
        PaperColumn(_("Why")),
    ]
    rows = [_row(item) for item in items]
    payload = {
        "review": review.code,
        "opened_at": review.opened_at,
        "due_at": review.due_at,
        "closed_at": review.closed_at,
        "language": language,
        "rights": [[str(cell) for cell in row] for row in rows],
    }
    return build_paper(
        "reports/platform/access_review.html",
        {
            "review": review,
            "is_overdue": review.is_overdue(at),
            "tiles": _tiles(counts, len(items)),
            "table": paper_table(columns, rows),
        },
        payload=payload,
        title=_("Access review %s") % review.code,
        code=review.code,
        language=language,
        at=at,
    )


def _row(item: AccessItem) -> list[object]:
    day = f"{item.decided_at:%Y-%m-%d}" if item.decided_at else ""
    return [
        item.person.name,
        ROLE_LABELS.get(item.role, item.role),
        item.responsible or "–",
        item.get_decision_display(),
        f"{item.decided_by or _('the engine')}, {day}" if day else "–",
        item.reason or "–",
    ]


def _tiles(counts: dict[AccessDecision, int], total: int) -> list[Tile]:
    gone = counts[AccessDecision.WITHDRAWN] + counts[AccessDecision.LAPSED]
    waiting = counts[AccessDecision.PENDING]
    return [
        Tile(_("Rights"), total),
        Tile(_("Confirmed"), counts[AccessDecision.CONFIRMED], tone="ok"),
        Tile(_("Withdrawn"), gone, tone="watch" if gone else "calm"),
        Tile(_("Waiting"), waiting, tone="act" if waiting else "ok"),
    ]
