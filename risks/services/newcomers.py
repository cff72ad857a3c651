"""Verb that puts many new risks into the register at once, as a file brings them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from assets.changes import check_row
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import verb
from risks.imports.report import Links, codes_of
from risks.models import Assessment, Risk, RiskMatrix
from risks.scoring import Scale
from risks.services.assessment import draft_assessment, note_assessed, settle
from risks.services.risk import draft_risk, note_identified, tell

# Rows that are looked up, not typed: the database holds them already.
LOOKED_UP = ("category", "unit", "owner", "business_owner")


@dataclass(frozen=True)
class Newcomer:
    """A new risk as a row says it: checked, with its judgements, not yet in the register."""

    risk: Risk
    facts: Mapping[str, Any]
    links: Links
    judged: list[Assessment]
    scale: Scale


def draft_newcomer(
    *,
    code: str,
    is_taken: bool,
    facts: Mapping[str, Any],
    links: Links,
    places: Mapping[str, tuple[int, int]],
    matrix: RiskMatrix,
    scale: Scale,
    rationale: str,
    actor: User | None,
    at: datetime,
) -> Newcomer:
    """Check what a row says of a new risk without asking the database, unless its code is taken."""
    risk = draft_risk(code, facts, actor=actor, at=at)
    typed = {name for name in facts if name not in LOOKED_UP}
    check_row(risk, only=typed | ({"code"} if is_taken else set()))
    judged = [
        draft_assessment(
            risk=risk,
            kind=kind,
            place=place,
            rationale=rationale or _("Imported"),
            matrix=matrix,
            scale=scale,
            actor=actor,
            at=at,
        )
        for kind, place in places.items()
    ]
    return Newcomer(risk=risk, facts=facts, links=links, judged=judged, scale=scale)


@verb
def identify_risks(*, newcomers: Sequence[Newcomer], actor: User | None, at: datetime) -> None:
    """Put these into the register as `identify_risk` and `assess_risk` would, one by one.

    A few statements serve all of them; the trail has the same rows.
    """
    if not newcomers:
        return
    Risk.objects.bulk_create([one.risk for one in newcomers])
    _judge(newcomers, at=at)
    for name in {name for one in newcomers for name in one.links}:
        _keep_links(name, newcomers)
    for one in newcomers:
        links = {name: ", ".join(codes_of(things)) for name, things in one.links.items() if things}
        note_identified(one.risk, one.facts, links, actor=actor, at=at)
        for assessment in one.judged:
            note_assessed(one.risk, assessment, None, actor=actor, at=at)
    tell(at=at)


def _judge(newcomers: Sequence[Newcomer], *, at: datetime) -> None:
    judged = [assessment for one in newcomers for assessment in one.judged]
    for assessment in judged:
        assessment.risk_id = assessment.risk.pk
    Assessment.objects.bulk_create(judged)
    changed: set[str] = set()
    for one in newcomers:
        for assessment in one.judged:
            changed.update(settle(one.risk, assessment, one.scale, at=at))
    if changed:
        Risk.objects.bulk_update([one.risk for one in newcomers if one.judged], sorted(changed))


def _keep_links(name: str, newcomers: Sequence[Newcomer]) -> None:
    field: Any = Risk._meta.get_field(name)
    theirs, through = field.m2m_reverse_field_name(), field.remote_field.through
    through.objects.bulk_create(
        through(**{"risk_id": one.risk.pk, f"{theirs}_id": thing.pk})
        for one in newcomers
        for thing in {thing.pk: thing for thing in one.links.get(name, ())}.values()
    )
