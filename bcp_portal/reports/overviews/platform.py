"""The overviews of the platform's own rooms: access reviews and training."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bcp_portal.accounts.models import AccessDecision, AccessItem, AccessReview, User
from bcp_portal.accounts.selectors.people import ROLE_LABELS
from bcp_portal.accounts.selectors.training import everybody, training_matrix
from bcp_portal.reports.overviews.registry import (
    Overview,
    OverviewPicture,
    Part,
    register_overview,
)
from bcp_portal.reports.overviews.words import Mark
from bcp_portal.reports.paper import PaperColumn, Tile

TONES = {
    AccessDecision.PENDING: "watch",
    AccessDecision.CONFIRMED: "ok",
    AccessDecision.WITHDRAWN: "calm",
    AccessDecision.LAPSED: "act",
    AccessDecision.KEPT: "watch",
}


def access(user: User, at: datetime) -> OverviewPicture:
    """The newest access review: every right in it that this person may see."""
    review = AccessReview.objects.visible_to(user).order_by("-opened_at", "-pk").first()
    if review is None:
        return OverviewPicture(lead=_("There was no access review yet."), tone="act")
    items = AccessItem.objects.visible_to(user).filter(review=review).for_list()
    rows = list(items.order_by("person__username", "role"))
    waiting = sum(row.decision == AccessDecision.PENDING for row in rows)
    gone = sum(row.decision in (AccessDecision.WITHDRAWN, AccessDecision.LAPSED) for row in rows)
    late = review.is_overdue(at)
    day = f"{review.closed_at or review.due_at:%Y-%m-%d}"
    words = _("%(code)s, closed on %(day)s") if review.closed_at else _("%(code)s, due on %(day)s")
    return OverviewPicture(
        lead=words % {"code": review.code, "day": day},
        tone="act" if late else "watch" if waiting else "ok",
        tiles=[
            Tile(_("Rights"), len(rows)),
            Tile(_("Confirmed"), len(rows) - waiting - gone, tone="ok"),
            Tile(_("Withdrawn"), gone, tone="watch" if gone else "calm"),
            Tile(_("Waiting"), waiting, tone="act" if waiting else "ok"),
        ],
        parts=[
            Part(
                _("Every right, and who vouches for it"),
                _access_columns(),
                [_right(row) for row in rows],
                _("Nobody confirms their own rights."),
            )
        ],
    )


def _access_columns() -> list[PaperColumn]:
    return [
        PaperColumn(_("Person"), "w20"),
        PaperColumn(_("Role"), "w15"),
        PaperColumn(_("Decides"), "w15"),
        PaperColumn(_("Decision"), "w15"),
        PaperColumn(_("When"), "w15"),
        PaperColumn(_("Why")),
    ]


def _right(item: AccessItem) -> list[object]:
    decision = AccessDecision(item.decision)
    return [
        item.person.name,
        str(ROLE_LABELS.get(item.role, item.role)),
        item.responsible.name if item.responsible else None,
        Mark(decision.label, TONES[decision]),
        item.decided_at,
        item.reason,
    ]


def training(user: User, at: datetime) -> OverviewPicture:
    """Who must know what, who does, and for how long."""
    matrix = training_matrix(everybody(), at=at)
    rows: list[list[object]] = [
        [
            line.person.name,
            str(cell.course),
            Mark(cell.label, "act" if cell.is_gap else cell.tone),
            cell.completion.done_at.date() if cell.completion else None,
            cell.completion.expires_at.date() if cell.completion else None,
        ]
        for line in matrix.lines
        for cell in line.cells
        if cell.tone != "calm" or cell.completion
    ]
    columns = [
        PaperColumn(_("Person"), "w20"),
        PaperColumn(_("Course"), ""),
        PaperColumn(_("State"), "w15"),
        PaperColumn(_("Done"), "w12"),
        PaperColumn(_("Counts until"), "w12"),
    ]
    return OverviewPicture(
        lead=_("%d %% of what people must know has been shown and still counts.") % matrix.share,
        tone="watch" if matrix.gaps else "ok",
        tiles=[
            Tile(_("People"), len(matrix.lines)),
            Tile(_("Asked for"), matrix.asked),
            Tile(_("Gaps"), matrix.gaps, tone="watch" if matrix.gaps else "ok"),
        ],
        parts=[Part(_("Who knows what, and until when"), columns, list(rows))],
    )


def register() -> None:
    """Tell the registry."""
    register_overview(
        Overview(
            "access_review",
            gettext_lazy("Access review"),
            gettext_lazy("The newest review of rights: who vouches for which, what was withdrawn."),
            "accounts.view_accessreview",
            access,
        )
    )
    register_overview(
        Overview(
            "training_state",
            gettext_lazy("Training"),
            gettext_lazy("Who must know what, who does, and for how long."),
            "accounts.view_completion",
            training,
        )
    )
