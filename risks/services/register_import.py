"""Verbs of an import: every good row goes in, every bad one says why it does not."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from assets.changes import BadFactsError, plain
from assets.models import CustomField, CustomKind
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import one_savepoint, told_at_the_end, verb
from bcp_portal.live.services import told_once
from bcp_portal.shared.errors import DomainError
from risks.imports.columns import KINDS
from risks.imports.reading import SheetRow
from risks.imports.report import (
    ImportReport,
    Links,
    RowChange,
    RowError,
    begin_undo,
    codes_of,
)
from risks.imports.values import read_day, read_place
from risks.models import Risk, RiskMatrix
from risks.scoring import Scale
from risks.services.assessment import assess_risk
from risks.services.import_lookup import Arrival, Lookup, find_named, read_lookup
from risks.services.matrix import family_of
from risks.services.newcomers import Newcomer, draft_newcomer, identify_risks
from risks.services.risk import CODE, edit_risk

TEXTS = ("title", "cause", "consequence")


class _DryRunOver(Exception):
    """Everything was tried; now it is taken back."""


def import_register(
    *, rows: list[SheetRow], actor: User | None, at: datetime, dry_run: bool = False
) -> ImportReport:
    """Bring the register to what the rows say; a dry run does the same and takes it back."""
    report = ImportReport(dry_run=dry_run)
    try:
        _import_all(rows, report, actor=actor, at=at)
    except _DryRunOver:
        return report
    return report


@verb
def _import_all(
    rows: list[SheetRow], report: ImportReport, *, actor: User | None, at: datetime
) -> None:
    import_rows(rows, report, {}, actor=actor, at=at)
    if report.dry_run:
        raise _DryRunOver


def import_rows(
    rows: list[SheetRow],
    report: ImportReport,
    seen: dict[str, int],
    *,
    actor: User | None,
    at: datetime,
) -> None:
    """Take row after row inside a verb; `seen` remembers codes from one portion to the next."""
    lookup = read_lookup(actor, {row.values.get("code", "").upper() for row in rows})
    # One picture of each risk and one word to the screens, instead of one for each field.
    with told_at_the_end(), told_once():
        began = len(report.changes)
        for row in rows:
            _import_row(row, lookup, seen, report, actor=actor, at=at)
        _let_in(lookup.newcomers, report, actor=actor, at=at)
    report.changes[began:] = sorted(report.changes[began:], key=lambda change: change.line)


def _let_in(
    arrivals: list[Arrival], report: ImportReport, *, actor: User | None, at: datetime
) -> None:
    """Put what the rows bring into the register, all of a portion with a few statements."""
    identify_risks(newcomers=[one.newcomer for one in arrivals], actor=actor, at=at)
    for one in arrivals:
        risk, judged = one.newcomer.risk, one.newcomer.judged
        back = begin_undo(None, {}, {}) | {"risk": risk.pk, "code": risk.code}
        back["judged"] = {assessment.kind: [None, assessment.pk] for assessment in judged}
        report.undo.append(back)
        report.created.append(risk.code)
        report.changes.extend(
            RowChange(one.line, risk.code, made.kind, "", f"{made.likelihood}×{made.impact}")
            for made in judged
        )


def _import_row(
    row: SheetRow,
    lookup: Lookup,
    seen: dict[str, int],
    report: ImportReport,
    *,
    actor: User | None,
    at: datetime,
) -> None:
    code = row.values.get("code", "").upper()
    try:
        if code and code in seen:
            raise BadFactsError(
                _("%(code)s is already in line %(line)d.") % {"code": code, "line": seen[code]}
            )
        seen[code] = row.line
        if risk := lookup.risks.get(code):
            changes = _take_row(
                row=row, risk=risk, lookup=lookup, report=report, actor=actor, at=at
            )
            report.changes.extend(changes)
        else:
            newcomer = _newcomer(row, code, lookup, actor=actor, at=at)
            lookup.newcomers.append(Arrival(row.line, newcomer))
    except DomainError as refusal:
        report.errors.append(RowError(row.line, code, str(refusal)))


@verb
def _take_row(
    *,
    row: SheetRow,
    risk: Risk,
    lookup: Lookup,
    report: ImportReport,
    actor: User | None,
    at: datetime,
) -> list[RowChange]:
    # A row is taken whole or not at all: its verbs share one savepoint.
    with one_savepoint():
        return _take(row, risk, lookup, report, actor=actor, at=at)


def _take(
    row: SheetRow,
    risk: Risk,
    lookup: Lookup,
    report: ImportReport,
    *,
    actor: User | None,
    at: datetime,
) -> list[RowChange]:
    facts, links = _facts(row, lookup), _links(row, lookup)
    # As the row says it will be, not as it was.
    family = family_of(facts.get("category") or risk.category, facts.get("unit", risk.unit))
    places = _places(row, lookup.scales.of(family))
    back = begin_undo(risk, facts, links)
    changes = _differences(row.line, risk, facts, links)
    if changes:
        if "assets" in links:
            # Assets that the importing person may not see stay named.
            kept = [one for one in risk.assets.all() if one.code not in lookup.assets]
            links["assets"] = [*links["assets"], *kept]
        facts = {k: v for k, v in facts.items() if not _same(risk.said(k), v)}
        edit_risk(risk=risk, facts=facts, **links, reason=_("Import"), actor=actor, at=at)
    changes += _assess(row, risk, places, back, lookup.matrix_of(family, at), actor=actor, at=at)
    if changes:
        report.undo.append(back | {"risk": risk.pk, "code": risk.code})
        report.changed.append(risk.code)
    else:
        report.unchanged += 1
    return changes


def _newcomer(
    row: SheetRow, code: str, lookup: Lookup, *, actor: User | None, at: datetime
) -> Newcomer:
    facts, links = _facts(row, lookup), _links(row, lookup)
    for name in ("title", "category", "owner"):
        if not facts.get(name):
            raise BadFactsError(_("A new risk needs a %(name)s.") % {"name": _(name)})
    if code and not CODE.fullmatch(code):
        raise BadFactsError(
            _("There is no risk %(code)s; leave the code empty for a new one.") % {"code": code}
        )
    family = family_of(facts["category"], facts.get("unit"))
    scale = lookup.scales.of(family)
    return draft_newcomer(
        code=code or lookup.next_code(),
        is_taken=code in lookup.taken,
        facts=facts,
        links=links,
        places=_places(row, scale),
        matrix=lookup.matrix_of(family, at),
        scale=scale,
        rationale=row.values.get("rationale", ""),
        actor=actor,
        at=at,
    )


def _facts(row: SheetRow, lookup: Lookup) -> dict[str, Any]:
    """What the row says; a column that is not in the file says nothing."""
    values = row.values
    facts: dict[str, Any] = {name: values[name] for name in TEXTS if name in values}
    if values.get("category"):
        facts["category"] = find_named(lookup.categories, values["category"], _("category"))
    if values.get("owner"):
        facts["owner"] = find_named(lookup.people, values["owner"], _("person"))
    facts |= _open_ones(values, lookup)
    if "review_on" in values:
        facts["review_on"] = read_day(values["review_on"])
    for one in lookup.fields:
        if one.fact in values:
            facts[one.fact] = _custom(one, values[one.fact])
    return facts


def _links(row: SheetRow, lookup: Lookup) -> Links:
    """What the row says that the risk names, as far as it has a column for it."""
    kinds: tuple[tuple[str, dict[str, Any], str], ...] = (
        ("assets", lookup.assets, _("asset")),
        ("threats", lookup.threats, _("threat")),
        ("third_parties", lookup.third_parties, _("third party")),
    )
    return {
        name: [
            find_named(known, part.strip(), noun)
            for part in row.values[name].replace(";", ",").split(",")
            if part.strip()
        ]
        for name, known, noun in kinds
        if name in row.values
    }


def _open_ones(values: dict[str, str], lookup: Lookup) -> dict[str, Any]:
    """What may be left open: an empty cell says that it is."""
    open_ones: tuple[tuple[str, dict[str, Any], str], ...] = (
        ("unit", lookup.units, _("organisational unit")),
        ("business_owner", lookup.people, _("person")),
    )
    return {
        key: find_named(known, values[key], noun) if values[key] else None
        for key, known, noun in open_ones
        if key in values
    }


def _custom(own: CustomField, text: str) -> Any:
    try:
        return own.kept(read_day(text) if own.kind == CustomKind.DATE else text)
    except ValueError as error:
        raise BadFactsError(str(error)) from error


def _places(row: SheetRow, scale: Scale) -> dict[str, tuple[int, int]]:
    found = {
        kind: read_place(
            row.values.get(f"{kind}_likelihood", ""), row.values.get(f"{kind}_impact", ""), scale
        )
        for kind in KINDS
    }
    return {kind: place for kind, place in found.items() if place is not None}


def _differences(line: int, risk: Risk, facts: dict[str, Any], links: Links) -> list[RowChange]:
    changes = [
        RowChange(line, risk.code, name, _shown(risk.said(name)), _shown(value))
        for name, value in facts.items()
        if not _same(risk.said(name), value)
    ]
    for name, named in links.items():
        old, new = codes_of(getattr(risk, name).all()), codes_of(named)
        if old != new:
            changes.append(RowChange(line, risk.code, name, ", ".join(old), ", ".join(new)))
    return changes


def _shown(value: object) -> str:
    return "" if value is None else str(plain(value))


def _same(old: object, new: object) -> bool:
    """Spreadsheets spell the end of a line in their own way; that is no change."""
    if isinstance(old, str) and isinstance(new, str):
        return old.strip().splitlines() == new.strip().splitlines()
    return old == new


def _assess(
    row: SheetRow,
    risk: Risk,
    places: dict[str, tuple[int, int]],
    back: dict[str, Any],
    matrix: RiskMatrix,
    *,
    actor: User | None,
    at: datetime,
) -> list[RowChange]:
    changes = []
    for kind, place in places.items():
        now = getattr(risk, kind)
        before = (now.likelihood, now.impact) if now else None
        if before == place:
            continue
        made = assess_risk(
            risk=risk,
            kind=kind,
            likelihood=place[0],
            impact=place[1],
            rationale=row.values.get("rationale") or _("Imported"),
            matrix=matrix,
            actor=actor,
            at=at,
        )
        back["judged"][kind] = [now.pk if now else None, made.pk]
        words = "×".join(map(str, before)) if before else ""
        changes.append(RowChange(row.line, risk.code, kind, words, "×".join(map(str, place))))
    return changes
