"""The overviews of this room: controls and their tests, what continuity is worth, the month."""

from datetime import date, datetime, timedelta

from django.db.models import Count, Q
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bcp_portal.accounts.models import User
from bcp_portal.reports.evidence.pack import PackPaper, register_pack_papers
from bcp_portal.reports.overviews.registry import (
    Overview,
    OverviewPicture,
    Part,
    register_overview,
)
from bcp_portal.reports.overviews.words import Mark
from bcp_portal.reports.paper import PaperColumn, Tile
from risks.models import Control, Effectiveness, Risk
from risks.overview_month import month
from risks.reports.register import report_subject
from risks.selectors.figures import WorthPage, short_money, worth_page

YEAR = timedelta(days=365)
TONES = {
    Effectiveness.STRONG: "ok",
    Effectiveness.PARTIAL: "watch",
    Effectiveness.WEAK: "act",
    Effectiveness.UNTESTED: "unknown",
}


def controls(user: User, at: datetime) -> OverviewPicture:
    """Every control in place, its last test, and what that showed."""
    seen = Count("risk_controls", filter=Q(risk_controls__risk__in=_risks(user)), distinct=True)
    found = Control.objects.visible_to(user).in_place().select_related("owner")
    rows = list(found.annotate(seen=seen).order_by("code"))
    untested = sum(row.tested_on is None for row in rows)
    old = sum(_is_old(row.tested_on, at) for row in rows)
    weak = sum(row.effectiveness == Effectiveness.WEAK for row in rows)
    columns = [
        PaperColumn(_("Code"), "w10", "mono"),
        PaperColumn(_("Control"), ""),
        PaperColumn(_("Kind"), "w12"),
        PaperColumn(_("Nature"), "w12"),
        PaperColumn(_("Risks"), "w8", "num"),
        PaperColumn(_("Tested"), "w15"),
        PaperColumn(_("What it showed"), "w12"),
        PaperColumn(_("Owner"), "w15"),
    ]
    return OverviewPicture(
        lead=_("%(n)d controls in place; %(untested)d were never tested, %(old)d not in a year.")
        % {"n": len(rows), "untested": untested, "old": old},
        tone="act" if weak else "watch" if untested or old else "ok",
        tiles=[
            Tile(_("In place"), len(rows)),
            Tile(_("Never tested"), untested, tone="watch" if untested else "ok"),
            Tile(_("Test older than a year"), old, tone="watch" if old else "ok"),
            Tile(_("Weak"), weak, tone="act" if weak else "ok"),
        ],
        parts=[Part(_("Controls and tests"), columns, [_control(row, at) for row in rows])],
    )


def _risks(user: User) -> object:
    return Risk.objects.visible_to(user).in_force()


def _control(row: Control, at: datetime) -> list[object]:
    shown = Effectiveness(row.effectiveness)
    tested: object = row.tested_on
    if row.tested_on is not None and _is_old(row.tested_on, at):
        tested = Mark(f"{row.tested_on:%Y-%m-%d}", "watch")
    return [
        row.code,
        row.name,
        row.get_kind_display(),
        row.get_nature_display(),
        int(vars(row)["seen"]),
        tested,
        Mark(shown.label, TONES[shown]),
        row.owner.name if row.owner else None,
    ]


def _is_old(tested_on: date | None, at: datetime) -> bool:
    return tested_on is not None and at.date() - tested_on > YEAR


def worth(user: User, at: datetime) -> OverviewPicture:
    """What continuity was worth in a year, against what it cost."""
    page = worth_page(at=at)
    if page.worth is None:
        return OverviewPicture(lead=_("Nobody has said yet what an hour of downtime costs."))
    ratio = "–" if page.ratio is None else f"{number_format(100 * page.ratio, 0)} %"
    return OverviewPicture(
        lead=_("Worth %(total)s in a year, against a cost of %(cost)s.")
        % {"total": short_money(page.total), "cost": short_money(page.worth.yearly_cost)},
        tone="ok" if page.net >= 0 else "watch",
        tiles=[
            Tile(_("Worth"), short_money(page.total)),
            Tile(_("Cost"), short_money(page.worth.yearly_cost)),
            Tile(_("Net"), short_money(page.net), tone="ok" if page.net >= 0 else "watch"),
            Tile(_("Return on investment"), ratio),
        ],
        parts=[_sum(page)],
    )


def _sum(page: WorthPage) -> Part:
    columns = [
        PaperColumn(_("What"), ""),
        PaperColumn(_("Measured"), "w25"),
        PaperColumn(_("Valued"), "w25"),
        PaperColumn(_("Worth"), "w20", "num"),
    ]
    rows: list[list[object]] = [
        [line.label, line.measured, line.sum_words, _whole(line.value)] for line in page.lines
    ]
    cost = page.worth.yearly_cost if page.worth else 0.0
    rows.append([_("Less the yearly cost"), None, None, -round(cost)])
    rows.append([_("Net"), None, None, round(page.net)])
    reason = page.worth.reason if page.worth else ""
    moved = number_format(page.scheduled_bytes / 1e9, 1)
    note = _("The figures rest on: %(reason)s. Moved by scheduled sync: %(moved)s GB.")
    return Part(_("The sum"), columns, rows, note % {"reason": reason, "moved": moved})


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


def pack_papers(user: User, at: datetime) -> list[PackPaper]:
    """The whole register belongs in an auditor's pack."""
    if not user.has_perm("assets.view_every_site") or not user.has_perm("risks.view_risk"):
        return []
    return [("risk-register", gettext_lazy("Risk register"), "register", report_subject(at))]


def register() -> None:
    """Tell the registry."""
    register_pack_papers(pack_papers)
    for key, label, lead, permission, gather in (
        (
            "management_month",
            gettext_lazy("The month for management"),
            gettext_lazy("Incidents, objectives, risks, promises and rehearsals of a month."),
            "risks.view_risk",
            month,
        ),
        (
            "controls_and_tests",
            gettext_lazy("Controls and tests"),
            gettext_lazy("Every control in place, its last test, and what that showed."),
            "risks.view_control",
            controls,
        ),
        (
            "value_and_return",
            gettext_lazy("Value and return"),
            gettext_lazy("What continuity was worth in a year, against what it cost."),
            "assets.view_every_site",
            worth,
        ),
    ):
        register_overview(Overview(key, label, lead, permission, gather))
