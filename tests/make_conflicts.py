"""Makers of conflicts: sides, what sites tell about them, rules."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from assets.models import Site
from bcp_portal.accounts.models import User
from telemetry.conflicts.reading import read_case
from telemetry.models import ConflictCase, ConflictDecision, ConflictReport, ConflictRule, Device
from telemetry.services.conflict_decision import decide_conflict
from telemetry.services.conflict_report import take_up_reports
from telemetry.services.conflict_rule import write_rule
from tests.make import NOON, make_device, make_site, make_user
from tests.make_telemetry import iso

_serial = count(1)


def side(
    source: str,
    values: dict[str, Any] | None,
    *,
    rev: str = "2",
    at: datetime | None = NOON,
    give_or_take: int | None = 50,
    **more: Any,
) -> dict[str, Any]:
    """One version as a site tells it; `give_or_take` is the measured uncertainty in ms."""
    told: dict[str, Any] = {"source": source, "rev": rev} | more
    if values is not None:
        told["values"] = values
    if at is not None:
        told["wall_at"] = iso(at)
    if give_or_take is not None:
        told["uncertainty_ms"] = give_or_take
    return told


def tell(
    *sides: dict[str, Any], device: Device | None = None, entity: str = "price", **fields: Any
) -> ConflictReport:
    """A report of a conflict, as ingest leaves it."""
    number = next(_serial)
    body = {"versions": list(sides)} | fields.pop("body", {})
    defaults = {
        "conflict_id": f"told-{number}", "key": "sku-1", "detected_at": NOON, "received_at": NOON,
    }  # fmt: skip
    return ConflictReport.objects.create(
        device=device or make_device(), entity=entity, body=body, **(defaults | fields)
    )


def make_rule(
    entity: str = "price", field: str = "*", kind: str = "latest", **facts: Any
) -> ConflictRule:
    told = {"entity": entity, "field": field, "kind": kind} | facts
    return write_rule(facts=told, reason="", actor=None, at=NOON)


def make_case(
    *sides: dict[str, Any], site: Site | None = None, at: datetime = NOON, **fields: Any
) -> ConflictCase:
    """A case as the sweep opens it; two sides that clash, unless said."""
    if not sides:
        sides = (side("A", {"price": 10}), side("B", {"price": 12}, at=NOON + timedelta(hours=1)))
    report = tell(*sides, device=make_device(site=site or make_site()), **fields)
    take_up_reports(at=at)
    report.refresh_from_db()
    assert report.case is not None
    return report.case


def pick(case: ConflictCase, source: str) -> dict[str, str]:
    """For every field that differs: as this source says."""
    reading = read_case(case)
    mark = next(one.mark for one in reading.versions if one.source == source)
    return {one.name: f"v:{mark}" for one in reading.judgement.fields if one.differs}


def decide(
    case: ConflictCase, source: str = "B", actor: User | None = None, **more: Any
) -> ConflictDecision:
    """Decide a case as one source says."""
    return decide_conflict(
        case=case, choices=pick(case, source), reason="seen on paper",
        actor=actor or make_user(), at=NOON, **more
    )  # fmt: skip
