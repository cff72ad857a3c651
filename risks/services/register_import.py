"""Verbs of an import: every good row goes in, every bad one says why it does not."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from assets.changes import BadFactsError, plain
from assets.models import Asset, CustomField, CustomKind, ThirdParty, Unit
from assets.selectors.units import unit_names
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import one_savepoint, told_at_the_end, verb
from bcp_portal.live.services import told_once
from bcp_portal.shared.errors import DomainError
from risks.imports.columns import KINDS
from risks.imports.reading import SheetRow
from risks.imports.report import (
    LINKS,
    ImportReport,
    Links,
    RowChange,
    RowError,
    begin_undo,
    codes_of,
)
from risks.imports.values import read_day, read_place
from risks.models import STANDARD, Risk, RiskCategory, RiskMatrix, Threat
from risks.scoring import Scale
from risks.selectors.matrix import Scales, matrices_in_force, scales_of
from risks.services.assessment import assess_risk
from risks.services.matrix import family_of
from risks.services.risk import CODE, edit_risk, identify_risk

TEXTS = ("title", "cause", "consequence")


class _DryRunOver(Exception):
    """Everything was tried; now it is taken back."""


@dataclass(frozen=True)
class _Lookup:
    """Everything a row may name, read once."""

    risks: dict[str, Risk]
    categories: dict[str, RiskCategory]
    people: dict[str, User]
    units: dict[str, Unit]
    assets: dict[str, Asset]
    threats: dict[str, Threat]
    third_parties: dict[str, ThirdParty]
    scales: Scales
    matrices: dict[str, RiskMatrix]
    fields: list[CustomField]
    # The codes given to new risks of this portion, newest last.
    numbered: list[str] = field(default_factory=list)

    def matrix_of(self, family: str) -> RiskMatrix | None:
        """By what a family is judged; nothing before the first matrix of a register."""
        return self.matrices.get(family) or self.matrices.get(STANDARD)


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
    lookup = _lookup(actor, {row.values.get("code", "").upper() for row in rows})
    # One picture of each risk and one word to the screens, instead of one for each field.
    with told_at_the_end(), told_once():
        for row in rows:
            _import_row(row, lookup, seen, report, actor=actor, at=at)


def _import_row(
    row: SheetRow,
    lookup: _Lookup,
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
        changes = _take_row(row=row, code=code, lookup=lookup, report=report, actor=actor, at=at)
        report.changes.extend(changes)
    except DomainError as refusal:
        report.errors.append(RowError(row.line, code, str(refusal)))


@verb
def _take_row(
    *,
    row: SheetRow,
    code: str,
    lookup: _Lookup,
    report: ImportReport,
    actor: User | None,
    at: datetime,
) -> list[RowChange]:
    # A row is taken whole or not at all: its verbs share one savepoint.
    with one_savepoint():
        return _take(row, code, lookup, report, actor=actor, at=at)


def _take(
    row: SheetRow,
    code: str,
    lookup: _Lookup,
    report: ImportReport,
    *,
    actor: User | None,
    at: datetime,
) -> list[RowChange]:
    facts, links = _facts(row, lookup), _links(row, lookup)
    risk = lookup.risks.get(code)
    category = facts.get("category") or (risk.category if risk else None)
    # As the row says it will be, not as it was.
    unit = facts.get("unit", risk.unit if risk else None)
    family = family_of(category, unit) if category else STANDARD
    places = _places(row, lookup.scales.of(family))
    is_new = risk is None
    changes: list[RowChange] = []
    back = begin_undo(risk, facts, links)
    if risk is None:
        risk = _identify(code, facts, links, lookup.numbered, actor=actor, at=at)
    else:
        changes = _differences(row.line, risk, facts, links)
        if changes:
            if "assets" in links:
                # Assets that the importing person may not see stay named.
                kept = [one for one in risk.assets.all() if one.code not in lookup.assets]
                links["assets"] = [*links["assets"], *kept]
            facts = {k: v for k, v in facts.items() if not _same(risk.said(k), v)}
            edit_risk(risk=risk, facts=facts, **links, reason=_("Import"), actor=actor, at=at)
    changes += _assess(row, risk, places, back, lookup.matrix_of(family), actor=actor, at=at)
    if changes or is_new:
        report.undo.append(back | {"risk": risk.pk, "code": risk.code})
    if is_new:
        report.created.append(risk.code)
    elif changes:
        report.changed.append(risk.code)
    else:
        report.unchanged += 1
    return changes


def _identify(
    code: str,
    facts: dict[str, Any],
    links: Links,
    numbered: list[str],
    *,
    actor: User | None,
    at: datetime,
) -> Risk:
    for name in ("title", "category", "owner"):
        if not facts.get(name):
            raise BadFactsError(_("A new risk needs a %(name)s.") % {"name": _(name)})
    if code and not CODE.fullmatch(code):
        raise BadFactsError(
            _("There is no risk %(code)s; leave the code empty for a new one.") % {"code": code}
        )
    after = numbered[-1] if numbered and not code else ""
    risk = identify_risk(facts=facts, **links, code=code, after=after, actor=actor, at=at)
    if not code:
        numbered.append(risk.code)
    return risk


def _facts(row: SheetRow, lookup: _Lookup) -> dict[str, Any]:
    """What the row says; a column that is not in the file says nothing."""
    values = row.values
    facts: dict[str, Any] = {name: values[name] for name in TEXTS if name in values}
    if values.get("category"):
        facts["category"] = _named(lookup.categories, values["category"], _("category"))
    if values.get("owner"):
        facts["owner"] = _named(lookup.people, values["owner"], _("person"))
    facts |= _open_ones(values, lookup)
    if "review_on" in values:
        facts["review_on"] = read_day(values["review_on"])
    for one in lookup.fields:
        if one.fact in values:
            facts[one.fact] = _custom(one, values[one.fact])
    return facts


def _links(row: SheetRow, lookup: _Lookup) -> Links:
    """What the row says that the risk names, as far as it has a column for it."""
    kinds: tuple[tuple[str, dict[str, Any], str], ...] = (
        ("assets", lookup.assets, _("asset")),
        ("threats", lookup.threats, _("threat")),
        ("third_parties", lookup.third_parties, _("third party")),
    )
    return {
        name: [
            _named(known, part.strip(), noun)
            for part in row.values[name].replace(";", ",").split(",")
            if part.strip()
        ]
        for name, known, noun in kinds
        if name in row.values
    }


def _open_ones(values: dict[str, str], lookup: _Lookup) -> dict[str, Any]:
    """What may be left open: an empty cell says that it is."""
    open_ones: tuple[tuple[str, dict[str, Any], str], ...] = (
        ("unit", lookup.units, _("organisational unit")),
        ("business_owner", lookup.people, _("person")),
    )
    return {
        key: _named(known, values[key], noun) if values[key] else None
        for key, known, noun in open_ones
        if key in values
    }


def _custom(own: CustomField, text: str) -> Any:
    try:
        return own.kept(read_day(text) if own.kind == CustomKind.DATE else text)
    except ValueError as error:
        raise BadFactsError(str(error)) from error


def _named(known: dict[str, Any], name: str, noun: str) -> Any:
    found = known.get(name.strip().upper()) or known.get(name.strip().casefold())
    if found is None:
        raise BadFactsError(_("There is no %(noun)s “%(name)s”.") % {"noun": noun, "name": name})
    return found


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
    matrix: RiskMatrix | None,
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


def _lookup(actor: User | None, codes: set[str]) -> _Lookup:
    """What the importing person may name; the engine's own shell may name everything.

    Of the risks only those that the rows name: a register of ten thousand is not read for each
    portion of a file.
    """
    risks = Risk.objects.all() if actor is None else Risk.objects.visible_to(actor)
    risks = risks.filter(code__in=codes - {""})
    assets = Asset.objects.all() if actor is None else Asset.objects.visible_to(actor)
    people: dict[str, User] = {}
    for person in User.objects.filter(is_active=True):
        for name in (person.name.casefold(), person.email.casefold(), person.username.casefold()):
            if name:
                people[name] = person
    categories: dict[str, RiskCategory] = {}
    for category in RiskCategory.objects.all():
        for name in (category.name, category.name_id, category.code):
            if name:
                categories[name.casefold()] = category
    matrices = matrices_in_force()
    return _Lookup(
        risks={risk.code: risk for risk in risks.for_list().prefetch_related(*LINKS)},
        categories=categories,
        people=people,
        units=unit_names(Unit.objects.select_related("judged_by")),
        assets={asset.code.upper(): asset for asset in assets},
        threats={
            name.casefold(): one
            for one in Threat.objects.order_by("-code")
            for name in (one.name_id, one.name, one.code)
        },
        third_parties={
            name.casefold(): one
            for one in ThirdParty.objects.order_by("-code")
            for name in (one.name, one.code)
        },
        scales=scales_of(matrices),
        matrices={one.family: one for one in matrices},
        fields=list(CustomField.objects.in_use().about("risk")),
    )
