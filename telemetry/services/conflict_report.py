"""Verbs that turn what sites tell into cases: the same conflict told twice is one case."""

import logging
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from assets.models import Site
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.services.deadline import cancel_deadlines
from telemetry.conflicts.grouping import names_of
from telemetry.conflicts.reading import read_case
from telemetry.conflicts.versions import Version, read_versions, unite
from telemetry.models import (
    ConflictCase,
    ConflictReport,
    ConflictSite,
    ConflictState,
    ConflictVersion,
    SyncSession,
)
from telemetry.models.conflict_case import UNFINISHED, EventKind
from telemetry.services.conflict_decision import settle_by_rules, withdraw_decisions
from telemetry.services.conflict_note import DUE, move_case, note, start_clock

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 200


@verb
def take_up_reports(*, at: datetime) -> str:
    """Take up every report that no case knows yet; one that cannot be read waits for its repair."""
    # Locked in one order: a second runner waits here, and then finds them taken up.
    reports = list(
        ConflictReport.objects.select_for_update(of=("self",))
        .not_taken_up()
        .select_related("device__site")[:MOST_AT_ONCE]
    )
    failed = 0
    for report in reports:
        try:
            take_up_report(report=report, at=at)
        except (ValueError, TypeError, KeyError):
            failed += 1
            logger.exception("conflict report %s cannot be taken up", report.pk)
    return f"{len(reports) - failed} taken up, {failed} unreadable"


@verb
def take_up_report(*, report: ConflictReport, at: datetime) -> ConflictCase:
    """Put a report to its case: an open one about the same sides, or a new one."""
    versions = read_versions(report.body.get("versions", []))
    unfinished, finished = _cases_of(report, versions)
    marks = {version.mark for version in versions}
    is_news, is_new = False, False
    if unfinished:
        case = unfinished[0]
        for other in unfinished[1:]:
            is_news |= _absorb(case, other, at=at)
        note(case=case, kind=EventKind.TOLD, at=at, site=report.device.site)
    elif finished and marks <= set(finished[-1].versions.values_list("mark", flat=True)):
        # A late word about something that is over: it is kept and changes nothing.
        case = finished[-1]
        ConflictReport.objects.filter(pk=report.pk).update(case=case)
        note(case=case, kind=EventKind.TOLD, at=at, site=report.device.site)
        return case
    else:
        case, is_new = _open(report, at=at), True
    _add_report(case, report)
    is_news |= _add_versions(case, versions)
    _add_places(case, [report.device.site.code, *(version.source for version in versions)])
    _weigh(case, is_new=is_new, is_news=is_news, at=at)
    return case


def _cases_of(
    report: ConflictReport, versions: Sequence[Version]
) -> tuple[list[ConflictCase], list[ConflictCase]]:
    """Cases about the same sides: those that go on, and those that are over."""
    mine = names_of(report.conflict_id, ((one.source, one.rev) for one in versions))
    cases = (
        ConflictCase.objects.select_for_update()
        .filter(entity=report.entity, key=report.key)
        .exclude(state=ConflictState.MERGED)
        .order_by("pk")
    )
    same = [case for case in cases if not mine.isdisjoint(_names(case))]
    going_on = [case for case in same if case.state in UNFINISHED]
    return going_on, [case for case in same if case.state not in UNFINISHED]


def _names(case: ConflictCase) -> set[object]:
    sides = case.versions.values_list("source", "rev")
    told = case.reports.values_list("conflict_id", flat=True)
    return {("side", *side) for side in sides} | {("id", one) for one in told}


def _open(report: ConflictReport, *, at: datetime) -> ConflictCase:
    last = ConflictCase.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    case = ConflictCase.objects.create(
        code=f"CF-{last + 1}",
        entity=report.entity,
        key=report.key,
        detected_at=report.detected_at,
        opened_at=at,
        due_at=at,
    )
    note(case=case, kind=EventKind.OPENED, at=at, site=report.device.site)
    audit(action="conflict.open", obj=case, actor=None, at=at, after={"entity": case.entity})
    return case


def _add_report(case: ConflictCase, report: ConflictReport) -> None:
    ConflictReport.objects.filter(pk=report.pk).update(case=case)
    case.is_critical = case.is_critical or report.is_critical
    case.detected_at = min(case.detected_at, report.detected_at)
    session_id = report.body.get("session_id")
    if not case.stream_name and session_id:
        session = SyncSession.objects.filter(
            device_id=report.device_id, session_id=session_id
        ).first()
        case.stream_name = session.stream_name if session else ""


def _add_versions(case: ConflictCase, versions: Sequence[Version]) -> bool:
    """Keep every side once; return whether one came that nobody had told."""
    rows = {row.mark: row for row in case.versions.all()}
    known = [row.told() for row in rows.values()]
    sources = {version.source for version in versions}
    sites = {site.code: site for site in Site.objects.filter(code__in=sources)}
    is_news = False
    for version in unite([*known, *versions]):
        facts: dict[str, Any] = asdict(version)
        row = rows.get(version.mark)
        if row is None:
            is_news = True
            site = sites.get(version.source)
            ConflictVersion.objects.create(case=case, mark=version.mark, site=site, **facts)
        elif row.told() != version:
            # The same side, told with a less certain clock: the uncertain one counts.
            ConflictVersion.objects.filter(pk=row.pk).update(**facts)
            is_news = True
    return is_news


def _add_places(case: ConflictCase, codes: Sequence[str]) -> None:
    there = set(case.places.values_list("site_id", flat=True))
    sites = Site.objects.filter(code__in=set(codes)).exclude(pk__in=there)
    ConflictSite.objects.bulk_create(ConflictSite(case=case, site=site) for site in sites)


def _absorb(case: ConflictCase, other: ConflictCase, *, at: datetime) -> bool:
    """A report names sides of both: they were one conflict all the time."""
    withdraw_decisions(case=other, at=at)
    other.merged_into = case
    move_case(case=other, to=ConflictState.MERGED, fields=("merged_into",))
    cancel_deadlines(kind=DUE, subject_id=other.pk, at=at)
    other.reports.update(case=case)
    case.is_critical = case.is_critical or other.is_critical
    case.detected_at = min(case.detected_at, other.detected_at)
    is_news = _add_versions(case, [row.told() for row in other.versions.all()])
    _add_places(case, list(other.places.values_list("site__code", flat=True)))
    note(case=case, kind=EventKind.ABSORBED, at=at, text=other.code)
    audit(action="conflict.merge", obj=other, actor=None, at=at, after={"into": case.code})
    return is_news


def _weigh(case: ConflictCase, *, is_new: bool, is_news: bool, at: datetime) -> None:
    """Ask the rules again; what was decided without knowing all sides is not decided."""
    reading = read_case(case)
    case.why = reading.why
    case.needs_second = reading.judgement.is_over_limit
    fields = ("why", "needs_second", "is_critical", "detected_at", "stream_name")
    if not is_new and is_news and case.state != ConflictState.OPEN:
        withdraw_decisions(case=case, at=at)
        note(case=case, kind=EventKind.NEW_VERSION, at=at)
        move_case(case=case, to=ConflictState.OPEN)
        is_new = True
    move_case(case=case, to=ConflictState(case.state), fields=fields)
    if case.state != ConflictState.OPEN:
        return
    if reading.judgement.is_automatic:
        settle_by_rules(case=case, reading=reading, at=at)
    elif is_new:
        start_clock(case=case, due_at=at + reading.answer_within, at=at)
