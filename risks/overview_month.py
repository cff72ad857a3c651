"""The month for management: what happened, what is promised and proven, where the risks stand."""

from collections.abc import Sequence
from datetime import datetime

from dateutil.relativedelta import relativedelta
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from assets.models import Asset
from assets.proof import ProofState
from assets.selectors.targets import with_proof
from bcp_portal.accounts.models import User
from bcp_portal.reports.overviews.registry import OverviewPicture, Part
from bcp_portal.reports.overviews.words import Mark
from bcp_portal.reports.paper import PaperColumn, Tile
from incidents.models import ActionItem, Exercise, ExerciseStatus, Incident
from risks.models import STANDARD
from risks.reports.register import level_figure
from risks.selectors.as_of import PictureRow, picture_of
from risks.selectors.matrix import scales_in_force
from risks.selectors.moved import Moved, what_moved

TOP = 10


def month(user: User, at: datetime) -> OverviewPicture:
    """One month as this person may see it."""
    since = at - relativedelta(months=1)
    incidents = _incidents(user, since, at)
    picture = picture_of("risk", at, user=user)
    above = [row for row in picture.in_force if not row.is_tolerable]
    moved = what_moved(user, since=since, at=at)
    overdue = ActionItem.objects.visible_to(user).overdue(at.date()).count()
    held = Exercise.objects.visible_to(user).filter(
        status=ExerciseStatus.FINISHED, ended_at__gte=since, ended_at__lt=at
    )
    proven, promised = _proven(user, at)
    language = (get_language() or "en")[:2]
    scales = scales_in_force()
    figure = level_figure(_judged_by_standard(picture.in_force), scales.of(STANDARD), language)
    return OverviewPicture(
        lead=_("%(n)d incidents, %(above)d risks above tolerance, %(late)d promises overdue.")
        % {"n": len(incidents), "above": len(above), "late": overdue},
        tone="act" if overdue else "watch" if above else "ok",
        tiles=[
            Tile(_("Incidents"), len(incidents), _("since %s") % f"{since:%Y-%m-%d}"),
            Tile(_("RTO proven"), f"{proven}/{promised}", tone="ok" if promised else "calm"),
            Tile(_("Risks above tolerance"), len(above), tone="watch" if above else "ok"),
            Tile(_("Promises overdue"), overdue, tone="act" if overdue else "ok"),
            Tile(_("Exercises held"), held.count()),
        ],
        figures=[(_("Where the risks stand today"), figure)],
        parts=[_happened(incidents, at), _moves(moved), _gravest(above)],
    )


def _incidents(user: User, since: datetime, at: datetime) -> list[Incident]:
    rows = Incident.objects.visible_to(user).live().filter(started_at__gte=since, started_at__lt=at)
    kept = rows.exclude(status__in=["false_alarm", "merged"]).select_related("commander")
    return list(kept.order_by("severity", "started_at"))


def _proven(user: User, at: datetime) -> tuple[int, int]:
    rows = with_proof(Asset.objects.visible_to(user).in_use(), at=at)
    # Not a field: the database worked it out beside each row.
    states = [str(vars(row)["rto_state"]) for row in rows]
    promised = [state for state in states if state != ProofState.UNKNOWN]
    return promised.count(ProofState.PROVEN), len(promised)


def _judged_by_standard(rows: Sequence[PictureRow]) -> list[PictureRow]:
    return [row for row in rows if row.facts.get("matrix", STANDARD) == STANDARD]


def _happened(incidents: list[Incident], at: datetime) -> Part:
    columns = [
        PaperColumn(_("Code"), "w12", "mono"),
        PaperColumn(_("Incident"), ""),
        PaperColumn(_("Severity"), "w12"),
        PaperColumn(_("State"), "w12"),
        PaperColumn(_("Began"), "w15"),
        PaperColumn(_("Lasted"), "w12", "num"),
        PaperColumn(_("Commander"), "w15"),
    ]
    rows: list[Sequence[object]] = [
        [
            one.code,
            one.headline,
            one.get_severity_display(),
            one.get_status_display(),
            one.started_at,
            one.down_for(at),
            one.commander.name if one.commander else None,
        ]
        for one in incidents
    ]
    return Part(_("Incidents of the month"), columns, rows)


def _moves(moved: Moved) -> Part:
    columns = [
        PaperColumn(_("Code"), "w12", "mono"),
        PaperColumn(_("Risk"), ""),
        PaperColumn(_("Before"), "w15"),
        PaperColumn(_("Now"), "w15"),
        PaperColumn(_("Why"), "w30"),
    ]
    rows: list[Sequence[object]] = [
        [one.code, one.title, one.before or _("Unrated"),
         Mark(one.after or _("Unrated"), "act" if one.is_worse else "ok"), one.why]
        for one in moved.levels
    ]  # fmt: skip
    rows += [[row.code, row.title, None, Mark(_("new"), "info"), None] for row in moved.fresh[:TOP]]
    return Part(_("Risks that moved"), columns, rows)


def _gravest(above: list[PictureRow]) -> Part:
    columns = [
        PaperColumn(_("Code"), "w12", "mono"),
        PaperColumn(_("Risk"), ""),
        PaperColumn(_("Level"), "w15"),
        PaperColumn(_("Owner"), "w20"),
    ]
    ranked = sorted(above, key=lambda row: (-(row.facts.get("score") or 99), row.code))
    rows: list[Sequence[object]] = [
        [
            row.code,
            row.facts["title"],
            Mark(row.badge.label, row.badge.tone) if row.badge else Mark(_("Unrated"), "unknown"),
            row.facts.get("owner"),
        ]
        for row in ranked[:TOP]
    ]
    return Part(_("The gravest risks"), columns, rows)
