"""What the card of a conflict shows: sides, differences, clocks, and what each choice does."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from bcp_portal.accounts.models import User
from telemetry.conflicts.choosing import ANCESTOR, RULE, SIDE, needs_second_person
from telemetry.conflicts.clock_view import LETTERS, ClockView, draw_clocks
from telemetry.conflicts.judge import FieldVerdict, lost_values
from telemetry.conflicts.merge import same
from telemetry.conflicts.reading import CaseReading, read_case, rules_in_force
from telemetry.conflicts.rules import as_number
from telemetry.conflicts.versions import WHOLE
from telemetry.conflicts.wording import in_words, shown
from telemetry.models import ConflictCase, ConflictDecision, ConflictState
from telemetry.models.conflict_case import ConflictEvent, ConflictSite
from telemetry.models.conflict_decision import DecisionState
from telemetry.models.conflict_rule import RuleKind


@dataclass(frozen=True)
class Cell:
    """A value that can be chosen."""

    choice: str
    text: str
    hint: str
    is_changed: bool
    is_chosen: bool


@dataclass(frozen=True)
class FieldRow:
    """One field across all sides."""

    number: int
    name: str
    differs: bool
    is_clash: bool
    ancestor: Cell | None
    sides: list[Cell]
    proposal: Cell | None
    rule: str
    rule_says: str
    refusals: list[str]


@dataclass(frozen=True)
class Side:
    """The head of a column."""

    letter: str
    mark: str
    source: str
    rev: str
    role: str


@dataclass(frozen=True)
class Option:
    """One way to decide all of it, and what would follow."""

    take: str
    label: str
    result: list[tuple[str, str]]
    changes: list[str]
    given_up: list[str]
    needs_second: bool
    is_possible: bool
    is_chosen: bool


@dataclass(frozen=True)
class ConflictCard:
    """Everything on the page of a conflict."""

    case: ConflictCase
    title: str
    sides: list[Side]
    rows: list[FieldRow]
    has_ancestor: bool
    clocks: ClockView
    options: list[Option]
    reasons: list[str]
    places: list[ConflictSite]
    events: list[ConflictEvent]
    decision: ConflictDecision | None
    decided: list[tuple[str, str]]
    may_decide: bool
    may_confirm: bool
    is_own_proposal: bool
    may_reopen: bool
    may_review: bool
    may_take: bool


def conflict_card(case: ConflictCase, *, user: User, take: str = RULE) -> ConflictCard:
    """Read a case for a person; `take` is the option chosen beforehand."""
    reading = read_case(case, rules_in_force())
    standing = case.decisions.exclude(state=DecisionState.WITHDRAWN)
    decision = standing.select_related("decided_by", "confirmed_by", "reviewed_by").first()
    holds = user.has_perm("telemetry.decide_conflict")
    is_own = decision is not None and decision.decided_by_id == user.pk
    state = case.state
    events = case.events.select_related("person", "about", "site")
    return ConflictCard(
        case=case,
        title=f"{case.entity} {case.key}",
        sides=_sides(reading),
        rows=[_row(n, one, reading, take) for n, one in enumerate(reading.judgement.fields)],
        has_ancestor=reading.ancestor is not None,
        clocks=draw_clocks(reading.versions),
        options=_options(reading, take),
        reasons=[in_words(word) for word in reading.judgement.reasons],
        places=list(case.places.select_related("site")),
        events=list(reversed(list(events))),
        decision=decision,
        decided=_decided(decision, reading),
        may_decide=holds and state == ConflictState.OPEN,
        may_confirm=holds and state == ConflictState.PROPOSED and not is_own,
        is_own_proposal=state == ConflictState.PROPOSED and is_own,
        may_reopen=holds and state == ConflictState.DECIDED,
        may_review=holds and _waits_for_review(decision) and not is_own,
        may_take=holds and state not in _OVER and case.owner_id != user.pk,
    )


_OVER = (ConflictState.SETTLED, ConflictState.MERGED)


def _waits_for_review(decision: ConflictDecision | None) -> bool:
    return decision is not None and decision.is_sampled and decision.reviewed_at is None


def _sides(reading: CaseReading) -> list[Side]:
    return [
        Side(LETTERS[number], version.mark, version.source, version.rev, version.role)
        for number, version in enumerate(reading.versions[: len(LETTERS)])
    ]


def field_label(name: str) -> str:
    """How a field is called; sides of which only a digest was told are one field."""
    return _("whole record") if name == WHOLE else name


def _row(number: int, field: FieldVerdict, reading: CaseReading, take: str) -> FieldRow:
    sides = [
        Cell(
            choice=f"{SIDE}{reading.versions[n].mark}",
            text=shown(value),
            hint=_difference(value, field.ancestor),
            is_changed=field.differs and not same(value, field.ancestor),
            is_chosen=take == f"{SIDE}{reading.versions[n].mark}",
        )
        for n, value in enumerate(field.told[: len(LETTERS)])
    ]
    proposal = None
    if field.has_proposal:
        proposal = Cell(RULE, shown(field.proposal), _whose(field), True, take == RULE)
    rule = field.rule
    says = str(RuleKind(rule.kind).label) if rule else ""
    return FieldRow(
        number=number,
        name=field_label(field.name),
        differs=field.differs,
        is_clash=field.state.value == "clash",
        ancestor=Cell(ANCESTOR, shown(field.ancestor), "", False, take == ANCESTOR),
        sides=sides,
        proposal=proposal,
        rule=rule.code if rule else "",
        rule_says=says,
        refusals=[in_words(word) for word in (field.refusal, field.guard) if word],
    )


def _difference(value: Any, ancestor: Any) -> str:
    """How far a number moved from what was there before."""
    now, before = as_number(value), as_number(ancestor)
    if now is None or before is None or now == before:
        return ""
    return f"{now - before:+}".replace("-", "−")


def _whose(field: FieldVerdict) -> str:
    if len(field.by) == len(field.told) and field.differs:
        return _("all changes together")
    return ", ".join(LETTERS[number] for number in field.by)


def _options(reading: CaseReading, take: str) -> list[Option]:
    fields = reading.judgement.fields
    is_whole = all(one.has_proposal for one in fields) and not reading.judgement.is_incomplete
    options = [
        _option(
            reading,
            RULE,
            _("As merge and rules propose"),
            {one.name: one.proposal for one in fields if one.has_proposal},
            is_possible=is_whole,
            is_chosen=not take.startswith(SIDE),
        )
    ]
    for number, version in enumerate(reading.versions[: len(LETTERS)]):
        word = f"{SIDE}{version.mark}"
        options.append(
            _option(
                reading,
                word,
                _("%(letter)s everywhere: %(source)s")
                % {"letter": LETTERS[number], "source": version.source},
                {one.name: one.told[number] for one in fields},
                is_possible=not reading.judgement.is_incomplete,
                is_chosen=take == word,
            )
        )
    return options


def _option(
    reading: CaseReading,
    take: str,
    label: str,
    record: Mapping[str, Any],
    *,
    is_possible: bool,
    is_chosen: bool,
) -> Option:
    differing = [one for one in reading.judgement.fields if one.differs]
    known = [one for one in differing if one.name in record]
    changes = [
        version.source
        for number, version in enumerate(reading.versions)
        if any(not same(one.told[number], record[one.name]) for one in known)
    ]
    given_up = [
        f"{field_label(one.name)}: {shown(one.told[number])} ({reading.versions[number].source})"
        for one in known
        for number in lost_values(one, record[one.name])
    ]
    return Option(
        take=take,
        label=label,
        result=[
            (field_label(one.name), shown(record[one.name]) if one.name in record else _("open"))
            for one in differing
        ],
        changes=list(dict.fromkeys(changes)),
        given_up=given_up,
        needs_second=needs_second_person(reading, record),
        is_possible=is_possible,
        is_chosen=is_chosen,
    )


def _decided(decision: ConflictDecision | None, reading: CaseReading) -> list[tuple[str, str]]:
    if decision is None:
        return []
    differing = {one.name for one in reading.judgement.fields if one.differs}
    return [
        (field_label(name), shown(value))
        for name, value in decision.values.items()
        if name in differing
    ]
